/** All that is told, as it comes, and how it ends. */
import type { Change, Watch } from '../../client/larder.ts'

export interface Gathered {
  readonly all: readonly Change[]
  /** Once it is over: what was thrown, if anything was. */
  readonly end: Promise<unknown>
}

export function gather(watch: Watch): Gathered {
  const all: Change[] = []
  const run = async () => {
    for await (const change of watch) all.push(change)
  }
  const end = run().then(
    () => undefined,
    (error: unknown) => error,
  )
  return { all, end }
}
