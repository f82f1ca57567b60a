/** Listings that come in pages, one item after the other. */
import type { CallOptions } from './attempts.ts'
import { type Calls, type Fields, fieldsIn } from './calls.ts'

export interface Listing<Item> {
  /** With a query, to which the cursor is added. */
  readonly path: string
  readonly key?: string
  readonly answers?: readonly number[]
  read(page: Fields): Iterable<Item>
  readonly call: CallOptions
}

/** Each page is asked for when the one before is used up; `timeoutMs` is that of a page. */
export async function* pages<Item>(
  calls: Calls,
  { path, read, call, ...others }: Listing<Item>,
): AsyncGenerator<Item, void, undefined> {
  for (let cursor: unknown = ''; typeof cursor === 'string'; ) {
    const asked = cursor === '' ? path : `${path}&cursor=${encodeURIComponent(cursor)}`
    const page: Fields = fieldsIn(
      await calls.request({ method: 'GET', path: asked, ...others, ...call }),
      others.answers,
    )
    yield* read(page)
    cursor = page['cursor']
  }
}
