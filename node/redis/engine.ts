/** Every command, carried out by a Redis or Valkey: each kind by its script, what is of all slots by asking them all. */
import type { Clock } from '../../shared/clock.ts'
import {
  type ClusterCommand,
  type Command,
  isWrite,
  type Outcome,
  type Reply,
  type SingleCommand,
} from '../../shared/command.ts'
import { assertNever } from '../../shared/errors.ts'
import { slotOf } from '../../shared/placement.ts'
import type { Engine, ExecuteOptions } from '../engine.ts'
import { readActivity } from './activity.ts'
import type { Connection } from './connection.ts'
import { carryOutOnCounter, carryOutOnLimit } from './counters.ts'
import { clearKeys, listKeys } from './listing.ts'
import type { Means } from './means.ts'
import { carryOutOnReactions } from './reactions.ts'
import { carryOutOnResponses, clearResponses } from './responses.ts'
import { carryOutAlone, carryOutTogether, isOfSole } from './sole.ts'
import { carryOutOnValue } from './values.ts'

export interface RedisEngineOptions {
  /** This life of this node. */
  readonly incarnation: string
  readonly clock: Clock
  readonly replicasWanted: number
  /** @throws LarderError NOT_READY where there is none yet. */
  connection(): Connection
}

type RedisExecuteOptions = Pick<ExecuteOptions, 'deadlineAtMs' | 'lacksReplicas'>

export class RedisEngine implements Engine {
  readonly #options: RedisEngineOptions
  #writes = 0

  constructor(options: RedisEngineOptions) {
    this.#options = options
  }

  async execute(command: Command, options: RedisExecuteOptions): Promise<Reply> {
    const { deadlineAtMs } = options
    const means = this.means()
    const { connection } = means
    if (!('key' in command)) {
      const outcome = await this.#executeOnAll(means, command, deadlineAtMs)
      return { ...outcome, owner: connection.ownerOf(0) }
    }
    const slot = slotOf(command.key)
    const outcome =
      command.type === 'together'
        ? await carryOutTogether(means, { command, slot, deadlineAtMs })
        : await carryOut(means, command, { slot, deadlineAtMs })
    const { replicasWanted } = this.#options
    if (replicasWanted > 0 && isWrite(command)) {
      const replicas = await connection.replicasOf(slot, replicasWanted, deadlineAtMs)
      if (replicas < replicasWanted) options.lacksReplicas?.(replicas)
    }
    return { ...outcome, owner: connection.ownerOf(slot) }
  }

  #executeOnAll(means: Means, command: ClusterCommand, deadlineAtMs: number): Promise<Outcome> {
    const { clock } = this.#options
    switch (command.type) {
      case 'activity':
        return readActivity(means, command, deadlineAtMs)
      case 'keys.list':
        return listKeys(means, command, { clock, deadlineAtMs })
      case 'keys.clear':
        return clearKeys(means, command, deadlineAtMs)
      case 'responses.clear':
        return clearResponses(means, command, deadlineAtMs)
      case 'keys.scan':
      case 'keys.forget':
        throw new TypeError(`${command.type} is asked of members`)
      default:
        return assertNever(command)
    }
  }

  /** @throws LarderError NOT_READY. */
  means(): Means {
    return { connection: this.#options.connection(), origin: () => this.#origin() }
  }

  #origin(): string {
    return `${this.#options.incarnation}.${(this.#writes++).toString(36)}`
  }
}

function carryOut(
  means: Means,
  command: SingleCommand,
  at: { readonly slot: number; readonly deadlineAtMs: number },
): Promise<Outcome> {
  if (isOfSole(command)) return carryOutAlone(means, { command, ...at })
  switch (command.type) {
    case 'value.get':
    case 'value.describe':
    case 'value.set':
    case 'value.touch':
    case 'value.delete':
      return carryOutOnValue(means, { command, ...at })
    case 'counter.add':
    case 'counter.get':
    case 'counter.set':
    case 'counter.delete':
      return carryOutOnCounter(means, { command, ...at })
    case 'limit.take':
    case 'limit.delete':
      return carryOutOnLimit(means, { command, ...at })
    case 'reaction.add':
    case 'reaction.remove':
    case 'reaction.count':
    case 'reaction.users':
    case 'reaction.change':
      return carryOutOnReactions(means, { command, ...at })
    case 'response.get':
    case 'response.fetch':
    case 'response.put':
    case 'response.delete':
    case 'response.invalidate':
      return carryOutOnResponses(means, { command, ...at })
    default:
      return assertNever(command)
  }
}
