/** Whom an adapter speaks through: a client of its own, or one that others use too. */
import { Larder, type LarderOptions } from '../larder.ts'

/** The options of a client; or a client that there is, which the adapter does not close. */
export type Connection = LarderOptions | { readonly larder: Larder }

export function connect(options: Connection): { readonly larder: Larder; close(): void } {
  if ('larder' in options) return { larder: options.larder, close() {} }
  const larder = new Larder(options)
  return { larder, close: () => larder.close() }
}
