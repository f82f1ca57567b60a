/**
 * A whole cluster on this machine: uplink and nodes as processes, until Ctrl-C.
 *
 * usage: node scripts/cluster.ts [UPLINK_PORT NODE_PORT...]
 *
 * The environment goes through to all of them (SHARD_LIMIT, LEASE_MS, API_KEY ...), except what makes each
 * of them itself.
 */
import { isLoopback, Settings } from '../shared/config.ts'
import { showHelp } from './help.ts'
import { ensureFree } from './ports.ts'
import { Processes } from './processes.ts'
import {
  nodeProgram,
  type Program,
  respPortOf,
  trustAuthority,
  uplinkProgram,
  withSecret,
} from './programs.ts'
import { untilServing } from './readiness.ts'

const USAGE = `usage: ./scripts/services.sh [UPLINK_PORT NODE_PORT...]     all different, 1 to 65535 (4500 4000 4001 4002 4003)
       --help, --version`

/** Settings with files that are read anew at SIGHUP. */
const RENEWED = ['KEYS_FILE', 'TLS_CERT_FILE', 'TLS_CA_FILE']

showHelp(process.argv.slice(2), USAGE)
const [uplinkPort, ...nodePorts] = readPorts(process.argv.slice(2))
const environment = withSecret(process.env)
const uplink = uplinkProgram(environment, uplinkPort)
const nodes = nodePorts.map((port) => {
  const [respPort] = respPortOf(port)
  return nodeProgram(environment, { port, uplinkUrl: uplink.url, respPort })
})
const [apiKey] = new Settings(process.env).list('API_KEY')
const isRenewable = RENEWED.some((name) => process.env[name])
const processes = new Processes({ isRenewable })

await processes.run(async (stopping) => {
  trustAuthority(process.env)
  await ensureFree([uplinkPort, ...nodePorts, ...nodePorts.flatMap(respPortOf)], process.env['HOST'])
  console.log(`larder: starting uplink on port ${uplinkPort} and nodes on ${nodePorts.join(' ')} ...`)
  for (const program of [uplink, ...nodes]) processes.start(program)
  await untilServing(
    nodes.map(({ url }) => url),
    { apiKey, stopping },
  )
  if (!stopping.aborted) console.log(invitation(uplink, nodes))
})

function readPorts(texts: readonly string[]): [number, ...number[]] {
  const [first, ...rest] = texts.length === 0 ? ['4500', '4000', '4001', '4002', '4003'] : texts
  const ports: [number, ...number[]] = [Number(first), ...rest.map(Number)]
  const valid = ports.every((port) => Number.isInteger(port) && port > 0 && port < 2 ** 16)
  if (valid && rest.length > 0 && new Set(ports).size === ports.length) return ports
  console.error(USAGE)
  process.exit(2)
}

function invitation(uplink: Program, nodes: readonly Program[]): string {
  const isKeyed = apiKey !== undefined || process.env['KEYS_FILE']
  const header = isKeyed ? ` -H 'api-key: <a key>'` : ''
  const secret = isLoopback(process.env['HOST'] || 'localhost')
    ? ''
    : ` -H 'authorization: Bearer <CLUSTER_SECRET>'`
  const first = nodes[0] ?? uplink
  const another = nodes[2] ?? nodes.at(-1) ?? uplink
  return `
  Larder is ready. Ctrl-C stops it.

    uplink   ${uplink.url}/   who is a member
    nodes    ${nodes.map(({ url }) => url).join('  ')}
    Redis    ${nodePorts.flatMap(respPortOf).join('  ')}   the ports for its clients

  Any node answers for any key:

    curl${header} -H 'content-type: application/json' ${first.url}/api -d '{"key":"abcd","data":{"jam":"plum"}}'
    curl${header} '${another.url}/api?key=abcd'
    curl${secret} ${uplink.url}/api/v1/view
`
}
