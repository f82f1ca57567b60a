/**
 * Runs something several times a millisecond. Node's own timers know whole milliseconds only, and a loop that never waits
 * would take a core from the servers that are measured.
 */
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

export class Beat implements AsyncDisposable {
  readonly #worker: Worker

  /** At this pace, or as often as this thread comes to it. */
  constructor(run: () => void) {
    // Set while a beat is on its way, so that no queue of them grows.
    const isDue = new Int32Array(new SharedArrayBuffer(4))
    this.#worker = new Worker(join(import.meta.dirname, 'beat-worker.ts'), { workerData: isDue })
    this.#worker.on('message', () => {
      Atomics.store(isDue, 0, 0)
      run()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate()
  }
}
