/** The process: settings in, an uplink until a signal, an exit code out. */
import { systemClock } from '../shared/clock.ts'
import { descriptorsMax, divide } from '../shared/descriptors.ts'
import { createLog } from '../shared/log.ts'
import { Names } from '../shared/names.ts'
import { lineShape, runService } from '../shared/run.ts'
import { lookUpBy } from '../shared/system-lookup.ts'
import { readConfig } from './config.ts'
import { startUplink } from './uplink.ts'

await runService(async () => {
  const config = readConfig(process.env)
  const log = createLog('uplink', config.logLevel, await lineShape())
  const clock = systemClock
  const names = new Names({ clock, log, otherwise: 'member' })
  lookUpBy(names)
  return startUplink(config, { log, clock, names, descriptors: divide(descriptorsMax()) })
})
