/** What a row of the operations of a batch is (`batch-ops.ts`). */
import { z } from 'zod'
import type { KeyCommand, Reply } from '../../shared/command.ts'
import type { Eventual } from '../../shared/eventual.ts'
import type { Pieces } from '../../shared/http/pieces.ts'
import type { Fields } from '../../shared/json-fields.ts'
import type { Steps } from '../../shared/steps.ts'
import { Key } from './fields.ts'
import type { TakingOptions } from './taking.ts'

/** An operation that is asked for. */
export interface Asked {
  readonly command: KeyCommand
  /** Where it takes more than this command. */
  run?(means: Pick<TakingOptions, 'send' | 'onFound'>): Eventual<Reply>
  /** Adds the result. @throws LarderError before it has added anything. */
  telling(reply: Reply, told: Pieces): Steps<void> | void
}

export interface Op {
  readonly schema: z.ZodObject
  /** @throws LarderError for what it cannot be. */
  reading(fields: Fields): Steps<Asked> | Asked
}

/** What a row takes besides its name. */
export function taking<T extends z.ZodRawShape>(op: string, shape: T) {
  return z.object({ op: z.literal(op), key: Key, ...shape })
}
