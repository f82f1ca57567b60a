/** The members that all of these tests ask; they need the Node that the repository brings. */
import type { TestProject } from 'vitest/node'
import { ProcessCluster } from '../../test/support/processes.ts'

declare module 'vitest' {
  interface ProvidedContext {
    urls: string[]
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const ids = ['a', 'b', 'c']
  const cluster = await ProcessCluster.start(ids)
  project.provide(
    'urls',
    ids.map((id) => cluster.member(id).url),
  )
  return () => cluster[Symbol.asyncDispose]()
}
