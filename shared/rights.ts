/** What a caller may do, and with which part of all that is kept: at every door the same. */
export const RIGHTS = ['read', 'write', 'clear', 'events', 'metrics'] as const
export type Right = (typeof RIGHTS)[number]

export interface Rights {
  /** Of the key that gives them, for the log. */
  readonly name: string
  readonly can: ReadonlySet<Right>
  /** Of keys, contents, counters and limits, those that begin so. */
  readonly prefix?: string | undefined
  /** Of responses, those of this tenant. */
  readonly orgId?: string | undefined
  /** The tenants that there are: any where nobody has named one. */
  readonly tenants?: ReadonlySet<string> | undefined
}

/** Of whoever need not show a key, and of members. */
export const EVERYTHING: Rights = { name: 'everyone', can: new Set(RIGHTS) }
/** Of whoever has not been let in yet. */
export const NOTHING: Rights = { name: 'nobody', can: new Set() }

/** Whether one of these is among them; where none is asked for, any key will do. */
export function canAny({ can }: Rights, wanted: readonly Right[]): boolean {
  return wanted.length === 0 || wanted.some((right) => can.has(right))
}
