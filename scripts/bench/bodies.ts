/**
 * What others notice of large bodies: the latency of reads at a steady rate while bodies of 8 MiB arrive one after the
 * other, in the shapes that are the most work to look at, beside the same reads of a node that is otherwise idle.
 */
import { median } from '../median.ts'
import { Generator } from './generator.ts'
import type { LatencySummary } from './latencies.ts'
import { requestText } from './request.ts'
import { ask, type Server } from './server.ts'
import { Stand, type StandOptions } from './stand.ts'
import { fine, markdown } from './table.ts'

const BYTES = 8 * 2 ** 20
const RATE = 1000
const CONNECTIONS = 32

interface Shape {
  readonly path: string
  readonly method: 'POST' | 'PUT'
  readonly type: string
  readonly body: string
}

const JSON_TYPE = 'application/json'
const FORM_TYPE = 'application/x-www-form-urlencoded'

/** Some are refused: that has to be found out as well. */
function shapes(): Record<string, Shape> {
  const many = <T>(length: number, of: (index: number) => T) =>
    Array.from({ length }, (_, index) => of(index))
  const put = { path: '/api/v1/kv/large', method: 'PUT', type: JSON_TYPE } as const
  const post = (path: string, body: string, type = JSON_TYPE): Shape => ({ path, method: 'POST', type, body })
  const keys = many(1000, (index) => `${index}`.padEnd(4000, 'k'))
  return {
    'a text': post('/api', `{"key":"large","data":"${'x'.repeat(BYTES - 100)}"}`),
    'nested brackets': { ...put, body: '['.repeat(BYTES / 2) + ']'.repeat(BYTES / 2) },
    'small lists': { ...put, body: `[${many(BYTES / 4 - 1, () => '[1]').join(',')}]` },
    '500,000 members': post('/api', `{"key":"large","data":{${many(500_000, (index) => `"k${index}":1`)}}}`),
    '500,000 fields': post('/api', `{"key":"large","data":1,${many(500_000, (index) => `"k${index}":1`)}}`),
    '700,000 form fields': post(
      '/increment',
      `key=a&value=1&${many(700_000, (i) => `f${i}=1`).join('&')}`,
      FORM_TYPE,
    ),
    '1,000 keys of 4 kB': post(
      '/api/v1/batch',
      JSON.stringify({ ops: keys.map((key) => ({ op: 'get', key })) }),
    ),
    '1,000 values of 8 kB': post(
      '/api/v1/batch',
      JSON.stringify({
        ops: many(1000, (index) => ({ op: 'set', key: `k${index}`, data: 'v'.repeat(8000) })),
      }),
    ),
  }
}

interface Sample extends LatencySummary {
  readonly bodies: number
}

export async function measureBodies(
  options: StandOptions,
  { seconds, rounds, progress }: { seconds: number; rounds: number; progress(what: string): void },
): Promise<string> {
  await using stand = await Stand.open(options)
  const node = await stand.node({ DATA_DIR: 'off' })
  await ask(node, { path: '/api', body: { key: 'dish', data: { salt: 1 } } })
  const generator = new Generator(stand)
  const requests = [requestText({ path: '/api?key=dish' })]
  await generator.open({ ports: [node.port], requests, connections: CONNECTIONS })
  const all: Record<string, Shape | undefined> = { 'nothing else': undefined, ...shapes() }
  const samples = new Map<string, Sample[]>(Object.keys(all).map((name) => [name, []]))
  await generator.openLoop(seconds, RATE)
  for (let round = 1; round <= rounds; round++) {
    for (const [name, shape] of Object.entries(all)) {
      progress(`round ${round} of ${rounds}: ${name}`)
      samples.get(name)?.push(await measure(node, generator, { shape, seconds }))
    }
  }
  await generator.close()
  const fields = ['p50', 'p99', 'p999', 'max', 'bodies'] as const
  const rows = [...samples].map(([name, taken]) => [
    name,
    ...fields.map((field) => fine(median(taken.map((sample) => sample[field])))),
  ])
  return [
    `${rounds} rounds of ${seconds} s: ${RATE} GET a second while bodies of up to 8 MiB arrive, one after the other`,
    '',
    markdown(
      ['latency of GET, ms, beside', 'median', '99th percentile', '99.9th', 'max', 'bodies a second'],
      rows,
    ),
  ].join('\n')
}

/** Reads at a steady rate, with bodies of the shape, if there is one, for as long. */
async function measure(
  node: Server,
  generator: Generator,
  { shape, seconds }: { shape: Shape | undefined; seconds: number },
): Promise<Sample> {
  let isOver = false
  let bodies = 0
  const sending = async () => {
    while (shape !== undefined && !isOver) {
      const { path, method, type, body } = shape
      const headers = { 'content-type': type }
      const answer = await fetch(`http://127.0.0.1:${node.port}${path}`, { method, headers, body })
      await answer.arrayBuffer()
      bodies++
    }
  }
  const sender = sending()
  const { accepted, failed, problem } = await generator.openLoop(seconds, RATE)
  isOver = true
  await sender
  if (failed > 0) throw new Error(`${failed} reads failed: ${problem}`)
  return { ...accepted, bodies: bodies / seconds }
}
