/**
 * One more node, run by dev.sh, which has checked the arguments: PORT NAME.
 *
 * It joins the uplink at UPLINK_URL. If none answers there and that is on this machine, one is started as well;
 * it lives as long as this.
 */
import { type Environment, Settings } from '../shared/config.ts'
import { showHelp } from './help.ts'
import { ensureFree } from './ports.ts'
import { Processes } from './processes.ts'
import { localUrl, nodeProgram, trustAuthority, uplinkProgram, withSecret } from './programs.ts'
import { isLive, untilServing } from './readiness.ts'

const UPLINK_PORT = 4500

showHelp(
  process.argv.slice(2),
  'usage: ./scripts/dev.sh PORT NAME     one more node, as 4004 foo; --help, --version',
)
const [portText, id = ''] = process.argv.slice(2)
const port = Number(portText)
const settings = new Settings(process.env)
const processes = new Processes()

await processes.run(async (stopping) => {
  trustAuthority(process.env)
  const uplinkUrl = settings.url(
    'UPLINK_URL',
    settings.text('UPLINK_URL') ?? localUrl({ ...process.env, HOST: '' }, UPLINK_PORT),
  )
  settings.check()
  await ensureFree([port], process.env['HOST'])
  const hasUplink = await isLive(uplinkUrl)
  const environment = hasUplink ? process.env : withSecret(process.env)
  if (!hasUplink) startUplink(environment, uplinkUrl)
  const node = nodeProgram(environment, { port, uplinkUrl, id })
  processes.start(node)
  const [apiKey] = settings.list('API_KEY')
  await untilServing([node.url], { apiKey, stopping })
  if (!stopping.aborted) console.log(`larder: ${id} serves at ${node.url}. Ctrl-C stops it.`)
})

function startUplink(environment: Environment, url: string): void {
  const uplink = uplinkProgram(environment, Number(new URL(url).port))
  if (uplink.url !== url) throw new Error(`no uplink answers at ${url}`)
  console.log(`larder: no uplink answers at ${url}, so one is started here.`)
  processes.start(uplink)
}
