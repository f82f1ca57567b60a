/** The adapters, by the suites of those whom they serve, on a cluster of real processes. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/*.test.ts'],
    globalSetup: 'test/cluster.ts',
    fileParallelism: false,
    testTimeout: 30_000,
  },
})
