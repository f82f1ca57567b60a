/** The servers that are measured: what their operating system says of them, and what they answer. */
import { cpuSecondsOfProcess } from './processes.ts'
import type { RequestLine } from './request.ts'

export interface Server {
  /** Of a node: its id. */
  readonly name: string
  readonly port: number
  /** Of one that tells nothing of itself: its process. */
  readonly pid?: number
}

/** @throws when it does not tell. */
export async function metricOf({ port }: Server, name: string): Promise<number> {
  const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const text = page
    .split('\n')
    .find((line) => line.startsWith(`${name} `))
    ?.slice(name.length)
  if (text === undefined) throw new Error(`port ${port} says nothing of ${name}`)
  return Number(text)
}

/** How many turns of each work there were, and how many of them took longer than 5 ms. */
export async function turnsOf({ port }: Server): Promise<{ work: string; turns: number; above: number }[]> {
  const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const within = /^larder_turn_seconds_bucket\{le="0.005",work="([^"]+)"\} (\d+)/gm
  return [...page.matchAll(within)].map(([, work = '', short]) => {
    const all = new RegExp(`^larder_turn_seconds_count\\{work="${work}"\\} (\\d+)`, 'm').exec(page)?.[1]
    return { work, turns: Number(all), above: Number(all) - Number(short) }
  })
}

/** CPU time of all of them together so far (getrusage, or what the operating system says). */
export async function cpuSecondsOf(servers: readonly Server[]): Promise<number> {
  const times = await Promise.all(
    servers.map((server) =>
      server.pid === undefined
        ? metricOf(server, 'process_cpu_seconds_total')
        : cpuSecondsOfProcess(server.pid),
    ),
  )
  return times.reduce((sum, time) => sum + time, 0)
}

export const residentBytesOf = (server: Server) => metricOf(server, 'process_resident_memory_bytes')

/** That a yardstick answers the same as what it is to measure, tags aside. @throws when the bodies or their types differ. */
export async function ensureSame(line: RequestLine, servers: readonly Server[]): Promise<void> {
  const answers = await Promise.all(
    servers.map(async (server) => (await ask(server, line)).replaceAll(/"etag":"[^,]*"/g, '"etag"')),
  )
  if (new Set(answers).size > 1) throw new Error(`not the same answers:\n${answers.join('\n')}`)
}

/** @throws when it is refused. */
export async function ask({ port }: Server, { path, body, headers = {} }: RequestLine): Promise<string> {
  const json = { method: 'POST', body: JSON.stringify(body) }
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : json),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`port ${port} answered ${response.status}: ${text}`)
  return `${response.headers.get('content-type')} ${text.trimEnd()}`
}
