/** The process: settings in, an uplink until a signal, an exit code out. */
import { systemClock } from '../shared/clock.ts'
import { descriptorsMax, divide } from '../shared/descriptors.ts'
import { createLog } from '../shared/log.ts'
import { Names } from '../shared/names.ts'
import { endIfAsked, lineShape, runService } from '../shared/run.ts'
import { lookUpBy } from '../shared/system-lookup.ts'
import { readConfig } from './config.ts'
import { startUplink } from './uplink.ts'

const USAGE = `usage: npm run uplink      (or: node uplink/main.ts)

  --help, --version

The registry of a cluster. All else is said by settings in the environment, as PORT=4500 npm run uplink;
docs/settings.md lists them. SIGTERM stops it in good order, SIGHUP makes it read the files anew that may change.`

endIfAsked(process.argv.slice(2), USAGE)
await runService(async () => {
  const config = readConfig(process.env)
  const log = createLog('uplink', config.logLevel, await lineShape())
  const clock = systemClock
  const names = new Names({ clock, log, otherwise: 'member' })
  lookUpBy(names)
  return startUplink(config, { log, clock, names, descriptors: divide(descriptorsMax()) })
})
