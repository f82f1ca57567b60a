/**
 * The whole vocabulary: every intent is a command, plain data that HTTP, forwarding and (later) Kafka speak
 * alike, and every command has one reply. What cannot be carried out is a LarderError instead.
 */

/** Text where the value is JSON, so that it can be put into an answer as it is; bytes where it is not. */
export type Body = string | Uint8Array

/** Preconditions on the entity tag (RFC 9110, section 13.1), checked in the turn that carries out the command. */
export interface Condition {
  /** Tags of which one must be the current one; `*` means that there must be a value. */
  readonly ifMatch?: readonly string[]
  /** Tags of which none may be the current one; `*` means that there must be no value. */
  readonly ifNoneMatch?: readonly string[]
}

export type Command =
  /** Reads a value. */
  | { readonly type: 'value.get'; readonly key: string; readonly condition?: Condition }
  /** Stores a value in place of what was there; `ttlMs` ends it by itself. */
  | {
      readonly type: 'value.set'
      readonly key: string
      readonly contentType: string
      readonly body: Body
      readonly ttlMs?: number
      readonly condition?: Condition
    }
  /** Forgets a value. */
  | { readonly type: 'value.delete'; readonly key: string; readonly condition?: Condition }
  /** Adds to a counter, which starts at 0; `by` is a decimal integer. */
  | { readonly type: 'counter.add'; readonly key: string; readonly by: string }
  /** Reads a counter. */
  | { readonly type: 'counter.get'; readonly key: string }

export type Outcome =
  | { readonly type: 'value'; readonly contentType: string; readonly body: Body; readonly tag: string }
  | { readonly type: 'stored'; readonly tag: string; readonly created: boolean }
  | { readonly type: 'deleted' }
  | { readonly type: 'missing' }
  /** A condition did not hold; `tag` is the current one, where there is a value. */
  | { readonly type: 'mismatch'; readonly failed: keyof Condition; readonly tag?: string }
  | { readonly type: 'total'; readonly value: string }

/** What came of a command, and the member that owns its key. */
export type Reply = Outcome & { readonly owner: string }

export function isWrite(command: Command): boolean {
  return command.type !== 'value.get' && command.type !== 'counter.get'
}
