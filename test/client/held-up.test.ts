/** What becomes of calls while the program that makes them has no time for them. */
import { once } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect } from 'chai'
import { Larder } from '../../client/larder.ts'
import { ANSWER, ANSWERED, ASKED, SHARED_BYTES, set } from './thread-node.ts'

const TIMEOUT_MS = 500
const PATIENCE_MS = 5000

describe('client: a program that is held up beyond the deadline of a call', () => {
  it('finds the answer that has come meanwhile', async () => {
    const shared = new SharedArrayBuffer(SHARED_BYTES)
    const seen = new Int32Array(shared)
    const worker = new Worker(join(import.meta.dirname, 'thread-node.ts'), { workerData: shared })
    try {
      const [url] = await once(worker, 'message')
      using larder = new Larder({ urls: [url], direct: false, timeoutMs: PATIENCE_MS })
      set(seen, ANSWER)
      await larder.get('k')
      seen.fill(0)
      const call = larder.get('k', { timeoutMs: TIMEOUT_MS })
      const begunAtMs = performance.now()
      const asked = () => Atomics.load(seen, ASKED)
      while (asked() === 0) await new Promise((resolve) => setImmediate(resolve))
      set(seen, ANSWER)
      expect(Atomics.wait(seen, ANSWERED, 0, PATIENCE_MS)).not.equal('timed-out')
      while (performance.now() - begunAtMs < TIMEOUT_MS);
      expect(await call).equal('of k')
    } finally {
      await worker.terminate()
    }
  })
})
