/** Listings that come in pages, one item after the other. */

import type { CallOptions } from './attempts.ts'
import type { Calls } from './calls.ts'
import { type Fields, fieldsIn } from './calls.ts'

/** Each page is asked for when the one before is used up; `timeoutMs` is that of a page. */
export async function* pages<Item>(
  calls: Calls,
  pathOf: (cursor: string) => string,
  read: (page: Fields) => Iterable<Item>,
  options: CallOptions = {},
): AsyncGenerator<Item, void, undefined> {
  for (let cursor: unknown = ''; typeof cursor === 'string'; ) {
    const page: Fields = fieldsIn(await calls.request({ method: 'GET', path: pathOf(cursor), ...options }))
    yield* read(page)
    cursor = page['cursor']
  }
}
