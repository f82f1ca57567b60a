/**
 * Schedule after schedule, on threads of their own: each has its own copy of the code, which may so place keys on fewer
 * slots, and plays one schedule at a time. Seeds are handed out one by one, as one takes much longer than another.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Outcome } from '../test/simulation/schedule.ts'
import type { SimulateOptions } from './simulate-options.ts'

const WORKER = new URL('./simulate-worker.ts', import.meta.url)

/** @throws when the signal fires before all is done. */
export async function simulateAll(
  options: SimulateOptions,
  onOutcome: (outcome: Outcome) => void,
  signal?: AbortSignal,
): Promise<void> {
  const { seed, schedules, jobs } = options
  let next = seed
  const run = async () => {
    await using worker = new Worker(WORKER, { workerData: options })
    worker.on('message', (message: Outcome | 'ready') => {
      if (message !== 'ready') onOutcome(message)
      if (next < seed + schedules) worker.postMessage(next++)
      else void worker.terminate()
    })
    await once(worker, 'exit', { ...(signal && { signal }) })
  }
  await Promise.all(Array.from({ length: Math.min(jobs, schedules) }, run))
}
