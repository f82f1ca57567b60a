/** The process: settings in, an uplink until a signal, an exit code out. */
import { createLog } from '../shared/log.ts'
import { runService } from '../shared/run.ts'
import { readConfig } from './config.ts'
import { startUplink } from './uplink.ts'

await runService(async () => {
  const config = readConfig(process.env)
  return startUplink(config, { log: createLog('uplink', config.logLevel) })
})
