/** A write that is about very many is done to some of them at a time: whatever else there is goes in between. */
import type { KeyCommand, Reply } from '../../shared/command.ts'
import type { Turns } from '../../shared/turns.ts'
import type { Shard } from './shard.ts'

/** What is about all responses of a path, or of a tenant there, or about a key that may be a set. */
export function mayBeMany(command: KeyCommand): boolean {
  switch (command.type) {
    case 'response.delete':
    case 'response.invalidate':
      return true
    default:
      return isAboutSet(command)
  }
}

/** Only where there is a set does it have parts. */
function isAboutSet(command: KeyCommand): boolean {
  return (command.type === 'value.delete' || command.type === 'value.touch') && command.isSole === true
}

interface Parted {
  readonly shard: Pick<Shard, 'write'>
  readonly turns: Pick<Turns, 'pass'>
  readonly slot: number
  readonly deadlineAtMs: number
}

/** The reply to the first part stands for all. A set that has begun to go, or to end, does so whether or not its caller still waits. */
export async function writeInParts(
  command: KeyCommand,
  { shard, turns, slot, deadlineAtMs }: Parted,
): Promise<Reply> {
  const first = await shard.write(slot, command, deadlineAtMs)
  for (let rest = restOf(command, first); rest !== undefined; ) {
    await turns.pass()
    const untilMs = isAboutSet(rest) ? Infinity : deadlineAtMs
    rest = restOf(rest, await shard.write(slot, rest, untilMs))
  }
  return wholeOf(first)
}

function wholeOf(reply: Reply): Reply {
  if (reply.type === 'deleted') return { type: 'deleted', owner: reply.owner }
  if (reply.type !== 'stored') return reply
  const { upTo: _, ...whole } = reply
  return whole
}

/** What is left to be done; what it asks for first was there. */
function restOf(command: KeyCommand, reply: Reply): KeyCommand | undefined {
  if (reply.type === 'deleted' && reply.isPart === true)
    return command.type === 'value.delete'
      ? { type: 'value.delete', key: command.key, isSole: true }
      : command
  if (reply.type !== 'stored' || reply.upTo === undefined || command.type !== 'value.touch') return undefined
  const { only: _, condition: __, ...touch } = command
  return { ...touch, after: reply.upTo }
}
