/** Members that are killed and started again go on from their disks, whatever uplink tells them first. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { View } from '../../shared/view.ts'
import { keysOf } from '../support/cluster.ts'
import { freePorts } from '../support/ports.ts'
import { startService } from '../support/process.ts'
import { until } from '../support/until.ts'

const ids = ['a', 'b']

describe('a member with a disk', function () {
  this.timeout(60_000)

  it('has its values and its totals after it was killed, though nobody else has them', () =>
    restart('1', false))

  it('has them, once, after the whole cluster was killed', () => restart('2', true))
})

async function restart(copies: string, isWhole: boolean): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'larder-restart-'))
  const [uplinkPort, portA, portB] = await freePorts(3)
  const shared = { UPLINK_URL: `http://127.0.0.1:${uplinkPort}`, DATA_DIR: folder, SYNC_INTERVAL_MS: '0' }
  const start = (id: string, port: number) =>
    startService('node', { ...shared, NODE_ID: id, PORT: String(port) })
  await using _uplink = await startService('uplink', { PORT: String(uplinkPort), COPIES: copies })
  const first = await start('a', portA)
  const second = await start('b', portB)
  await bothSee(portA, portB)

  const all = keysOf('b', ids, 40)
  const [keys, counters] = [all.slice(0, 20), all.slice(20)]
  const ops = [
    ...keys.map((key) => ({ op: 'set', key, data: key })),
    ...counters.map((key) => ({ op: 'increment', key, by: 7 })),
  ]
  await batch(portA, ops)
  await Promise.all([second.kill(), isWhole && first.kill()])
  const again = await Promise.all([start('b', portB), isWhole ? start('a', portA) : first])
  await bothSee(portA, portB)

  const values = await batch(
    portA,
    keys.map((key) => ({ op: 'get', key })),
  )
  expect(values.map(({ data }) => data)).to.deep.equal(keys)
  const totals = await batch(
    portA,
    counters.map((key) => ({ op: 'counter', key })),
  )
  expect(new Set(totals.map(({ value }) => value))).to.deep.equal(new Set(['7']))
  await Promise.all(again.map((member) => member.kill()))
  await rm(folder, { recursive: true, force: true })
}

async function bothSee(...ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    await until(
      async () => (await (await fetch(`http://127.0.0.1:${port}/api/v1/cluster`)).json()) as View,
      ({ members }) => members.length === ports.length,
    )
  }
}

async function batch(port: number, ops: readonly object[]): Promise<{ data?: unknown; value?: string }[]> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ops }),
  })
  return ((await response.json()) as { results: { data?: unknown; value?: string }[] }).results
}
