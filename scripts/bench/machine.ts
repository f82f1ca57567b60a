/** Where the figures come from: they mean little without. */
import { statfsSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import type { Cores } from './cores.ts'

/** As statfs names a file system that is memory. */
const TMPFS = 0x01021994

export function machineLines(cores: Cores | undefined): string[] {
  const model = cpus()[0]?.model ?? 'unknown CPU'
  const load = loadavg().map((value) => value.toFixed(2))
  const inMemory = statfsSync(tmpdir()).type === TMPFS
  return [
    `node ${process.version}, ${cpus().length} x ${model}, load average at the start ${load.join(' ')}`,
    cores === undefined
      ? "not pinned: servers and load generator take each other's time (taskset and two cores are needed)"
      : `pinned by taskset: servers to core ${cores.server}, the load generator to core ${cores.generator}`,
    ...(inMemory ? [`${tmpdir()} is memory and no disk: set TMPDIR to have real ones`] : []),
  ]
}
