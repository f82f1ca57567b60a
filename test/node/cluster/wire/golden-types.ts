/** Of what there is in the current format, what there was in the former one. */
import type { Command, Reply } from '../../../../shared/command.ts'

/** What there is of each type, and how it is written. */
export type Golden<T> = readonly (readonly [T, field: string, body?: string])[]

export type All<T extends { type: string }, New> = {
  [N in Exclude<T['type'], New>]: Golden<Extract<T, { type: N }>>
}
type NewCommand =
  | `value.${'describe' | 'touch'}`
  | `keys.${string}`
  | 'counter.set'
  | `limit.${string}`
  | NewRest
type NewRest = 'reaction.change' | 'together'

type NewReply = 'description' | 'keys' | 'cleared' | 'outOfBounds' | 'limit' | 'changed' | 'together'

export type FormerCommands = All<Command, NewCommand>
export type FormerReplies = All<Reply, NewReply>
