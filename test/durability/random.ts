/** Tests that draw what happens, and say by which seed it can be drawn again. */
import { randomInt } from 'node:crypto'
import { Random } from '../../scripts/chaos/random.ts'

export { Random }

/** Runs a test with a seed from SEED, or a new one, and names it should the test fail. */
export async function withSeed(run: (random: Random) => Promise<void>): Promise<void> {
  const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31))
  try {
    await run(new Random(seed))
  } catch (cause) {
    throw new Error(`SEED=${seed}: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
}
