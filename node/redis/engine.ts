/** Every command, carried out by a Redis or Valkey: each kind by its script, what is of all slots by asking them all. */
import type { Clock } from '../../shared/clock.ts'
import {
  type ClusterCommand,
  type Command,
  isWrite,
  type KeyCommand,
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

  execute(command: Command, options: RedisExecuteOptions): Promise<Reply> {
    try {
      return 'key' in command ? this.#executeOnKey(command, options) : this.#executeOnAll(command, options)
    } catch (thrown) {
      return Promise.reject(thrown)
    }
  }

  #executeOnKey(command: KeyCommand, options: RedisExecuteOptions): Promise<Reply> {
    const means = this.means()
    const { connection } = means
    const asked = { slot: slotOf(command.key), deadlineAtMs: options.deadlineAtMs }
    const done =
      command.type === 'together'
        ? carryOutTogether(means, { command, ...asked })
        : carryOut(means, command, asked)
    const copied =
      this.#options.replicasWanted > 0 && isWrite(command)
        ? done.then((outcome) => this.#copied(outcome, asked.slot, { connection, options }))
        : done
    return copied.then((outcome) => ({ ...outcome, owner: connection.ownerOf(asked.slot) }))
  }

  /** Once so many replicas have it, or cannot be waited for. */
  async #copied(
    outcome: Outcome,
    slot: number,
    { connection, options }: { readonly connection: Connection; readonly options: RedisExecuteOptions },
  ): Promise<Outcome> {
    const { replicasWanted } = this.#options
    const replicas = await connection.replicasOf(slot, replicasWanted, options.deadlineAtMs)
    if (replicas < replicasWanted) options.lacksReplicas?.(replicas)
    return outcome
  }

  async #executeOnAll(command: ClusterCommand, { deadlineAtMs }: RedisExecuteOptions): Promise<Reply> {
    const means = this.means()
    const outcome = await this.#carryOutOnAll(means, command, deadlineAtMs)
    return { ...outcome, owner: means.connection.ownerOf(0) }
  }

  #carryOutOnAll(means: Means, command: ClusterCommand, deadlineAtMs: number): Promise<Outcome> {
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
