/** The thread that beats: it sleeps until the next beat is due. It is ended from outside. */
import { parentPort, workerData } from 'node:worker_threads'

const EVERY_MS = 0.25

const isDue = workerData as Int32Array
/** Nobody ever wakes who waits for it. */
const never = new Int32Array(new SharedArrayBuffer(4))
for (let dueAtMs = performance.now(); ; dueAtMs = Math.max(dueAtMs + EVERY_MS, performance.now())) {
  Atomics.wait(never, 0, 0, Math.max(0, dueAtMs - performance.now()))
  if (Atomics.exchange(isDue, 0, 1) === 0) parentPort?.postMessage(undefined)
}
