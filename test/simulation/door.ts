/** The door of a member, which may be broken on purpose. */
import { type Command, isWrite, type Reply } from '../../shared/command.ts'
import type { Random } from '../durability/random.ts'
import { LARGE_VALUES } from './media.ts'
import type { Mutation } from './mutations.ts'

/** What it says without having asked; `undefined` where it asks. */
export function forgedReply(
  command: Command,
  { mutation, random }: { mutation: Mutation | undefined; random: Random },
): Reply | undefined {
  const owner = 'nobody'
  const { type } = command
  const key = 'key' in command ? command.key : ''
  const keeps =
    type === 'value.delete'
      ? mutation === 'keep values' && key.startsWith(LARGE_VALUES.prefix)
      : mutation === 'keep responses' &&
        ['response.delete', 'response.invalidate', 'responses.clear'].includes(type)
  if (keeps || (mutation === 'keep counters' && type === 'counter.delete')) return { type: 'deleted', owner }
  if (mutation === 'ignore limits' && type === 'limit.take' && command.cost > 0)
    return { type: 'limit', isAllowed: true, remaining: 0, fullMs: 0, owner }
  const isDenied = mutation === 'deny what is there' && !isWrite(command) && random.below(20) === 0
  return isDenied ? { type: 'missing', owner } : undefined
}

/** What it asks for. */
export function passedOn(command: Command, mutation: Mutation | undefined): Command {
  if (mutation === 'lose lifetimes' && (command.type === 'value.set' || command.type === 'reaction.add')) {
    const { ttlMs, ...lasting } = command
    return lasting
  }
  if (mutation === 'ignore conditions' && (command.type === 'value.set' || command.type === 'value.delete')) {
    const { condition, ...unconditional } = command
    return unconditional
  }
  return command
}
