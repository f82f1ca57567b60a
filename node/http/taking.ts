/**
 * Get and delete in one step: what is read is deleted only if it is still what was read, or else it is read again. So of
 * several who take one value one gets it, and whatever was deleted was told to somebody, or its answer was lost.
 */
import { type Condition, type KeyCommand, type Reply, tagOf } from '../../shared/command.ts'
import type { Eventual } from '../../shared/eventual.ts'

export interface TakingOptions {
  readonly key: string
  readonly condition?: Condition
  /** Carries a command out. */
  send(command: KeyCommand): Eventual<Reply>
  /** Called with what is about to be deleted. Where it throws, that is not. */
  onFound?(found: Extract<Reply, { type: 'value' }>): void
}

/** The value that there was, `missing`, or `mismatch`. @throws LarderError as the commands do. */
export async function take({ key, condition, send, onFound }: TakingOptions): Promise<Reply> {
  // Whoever is overtaken is so by somebody who has got on, and each round has the deadline of all.
  for (;;) {
    const found = await send({ type: 'value.get', key, ...(condition && { condition }) })
    if (found.type !== 'value') return found
    onFound?.(found)
    const ifMatch = [tagOf(found.stamp)]
    const { type } = await send({ type: 'value.delete', key, condition: { ifMatch } })
    if (type === 'deleted') return found
  }
}
