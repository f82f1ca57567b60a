/** One process at work: it is given seeds, and tells what came of each. */
import { pino } from 'pino'
import type { SimulateOptions } from './simulate-options.ts'
import { placeOn } from './simulate-slots.ts'

type Told = Pick<SimulateOptions, 'seconds' | 'kind' | 'mutation' | 'slots'>

export async function work(options: Told): Promise<void> {
  placeOn(options.slots)
  const { simulate } = await import('../test/simulation/schedule.ts')
  const log = pino({ level: 'silent' })
  process.on('message', async (seed: number) => {
    process.send?.(await simulate({ ...options, seed, log }))
  })
  process.send?.('ready')
}

if (process.send !== undefined) await work(JSON.parse(process.argv[2] ?? '{}'))
