/**
 * One more node, run by dev.sh, which has checked the arguments: PORT NAME.
 *
 * It joins the uplink at UPLINK_URL. If none answers there, one is started as well and lives as long as this.
 */

import { Settings } from '../shared/config.ts'
import { ensureFree } from './ports.ts'
import { Processes } from './processes.ts'
import { nodeProgram, uplinkProgram } from './programs.ts'
import { isLive, untilServing } from './readiness.ts'

const [port, id = ''] = process.argv.slice(2)
const settings = new Settings(process.env)
const uplinkUrl = settings.url('UPLINK_URL', settings.text('UPLINK_URL') ?? 'http://127.0.0.1:4500')
settings.check()
const node = nodeProgram(process.env, { port: Number(port), uplinkUrl, id })
const [apiKey] = settings.list('API_KEY')
const processes = new Processes()

await processes.run(async (stopping) => {
  await ensureFree([Number(port)], process.env['HOST'])
  if (!(await isLive(uplinkUrl))) {
    console.log(`larder: no uplink answers at ${uplinkUrl}, so one is started here.`)
    processes.start(uplinkProgram(process.env, Number(new URL(uplinkUrl).port || 80)))
  }
  processes.start(node)
  await untilServing([node.url], { apiKey, stopping })
  if (!stopping.aborted) console.log(`larder: ${id} serves at ${node.url}. Ctrl-C stops it.`)
})
