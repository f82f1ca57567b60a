/** The process: settings in, a node until a signal, an exit code out. */
import { systemClock } from '../shared/clock.ts'
import { createLog } from '../shared/log.ts'
import { runService } from '../shared/run.ts'
import { readConfig } from './config.ts'
import { startNode } from './node.ts'

await runService(async (onFatal) => {
  const config = readConfig(process.env)
  const log = createLog('node', config.logLevel)
  return startNode(config, { log, clock: systemClock, onFatal })
})
