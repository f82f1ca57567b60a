/** A node that speaks just the formats that are its arguments, as one of another version would. Otherwise it is `node/main.ts`. */
import { readConfig } from '../../node/config.ts'
import { startNode } from '../../node/node.ts'
import { systemClock } from '../../shared/clock.ts'
import { createLog } from '../../shared/log.ts'
import { runService } from '../../shared/run.ts'

await runService(async (onFatal) => {
  const config = readConfig(process.env)
  const formats = process.argv.slice(2).map(Number)
  return startNode(config, { log: createLog('node', config.logLevel), clock: systemClock, formats, onFatal })
})
