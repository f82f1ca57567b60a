/** A thread at work: it is given seeds, and tells what came of each. */
import { parentPort, workerData } from 'node:worker_threads'
import { pino } from 'pino'
import type { SimulateOptions } from './simulate-options.ts'
import { placeOn } from './simulate-slots.ts'

const options: SimulateOptions = workerData
placeOn(options.slots)
const { simulate } = await import('../test/simulation/schedule.ts')
const log = pino({ level: 'silent' })

parentPort?.on('message', async (seed: number) => {
  parentPort?.postMessage(await simulate({ ...options, seed, log }))
})
parentPort?.postMessage('ready')
