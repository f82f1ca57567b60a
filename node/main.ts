/** The process: settings in, a node until a signal, an exit code out. */
import { setFlagsFromString } from 'node:v8'
import { systemClock } from '../shared/clock.ts'
import { descriptorsMax, divide } from '../shared/descriptors.ts'
import { createLog } from '../shared/log.ts'
import { Names } from '../shared/names.ts'
import { endIfAsked, lineShape, runService } from '../shared/run.ts'
import { lookUpBy } from '../shared/system-lookup.ts'
import { readConfig } from './config.ts'
import { thisMachine } from './machine.ts'
import { startNode } from './node.ts'

const USAGE = `usage: npm run node        (or: node node/main.ts)

  --help, --version

A node of a cluster, or without UPLINK_URL a cluster of one. All else is said by settings in the environment, as
PORT=4001 UPLINK_URL=http://127.0.0.1:4500 npm run node; docs/settings.md lists them.
SIGTERM stops it in good order, SIGHUP makes it read the files anew that may change.`

// Values lie outside of the heap, so that what is in it is small, and cheap to look through: Node would let four times as
// much garbage gather, which costs a node with a million values 50 MiB and saves nothing that could be measured.
setFlagsFromString('--heap-growing-percent=10')

endIfAsked(process.argv.slice(2), USAGE)
await runService(async (onFatal) => {
  const config = readConfig(process.env)
  const log = createLog('node', config.logLevel, await lineShape())
  const clock = systemClock
  const names = new Names({ clock, log })
  lookUpBy(names)
  const descriptors = divide(descriptorsMax())
  const machine = thisMachine()
  return startNode(config, { log, clock, names, descriptors, machine, onFatal })
})
