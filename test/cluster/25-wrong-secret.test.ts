/** A member whose secret is another one: both sides say so once, and count it. */
import { expect } from 'chai'
import { pino } from 'pino'
import { readConfig } from '../../node/config.ts'
import { startNode } from '../../node/node.ts'
import { systemClock } from '../../shared/clock.ts'
import { readConfig as readUplinkConfig } from '../../uplink/config.ts'
import { startUplink } from '../../uplink/uplink.ts'
import { until } from '../support/until.ts'

function heard() {
  const lines: { level: number; msg: string; address?: string }[] = []
  return { lines, log: pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) }) }
}

async function metricOf(port: number, name: string): Promise<number> {
  const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const line = page.split('\n').find((line) => line.startsWith(`${name}{`))
  return Number(line?.split(' ').at(-1) ?? 0)
}

describe('a member with a wrong secret', () => {
  it('is told of at uplink with its address, and says itself what is wrong; both count it', async () => {
    const [uplinkSide, nodeSide] = [heard(), heard()]
    const uplinkConfig = readUplinkConfig({ PORT: '0', CLUSTER_SECRET: 'the-secret-of-uplink' })
    await using uplink = await startUplink(uplinkConfig, { log: uplinkSide.log, foundingMs: 0 })
    const wrong = {
      PORT: '0',
      DATA_DIR: 'off',
      UPLINK_URL: uplink.url,
      CLUSTER_SECRET: 'another-secret-here',
    }
    const parts = { log: nodeSide.log, clock: systemClock, onFatal() {} }
    const right = { ...wrong, CLUSTER_SECRET: 'the-secret-of-uplink' }
    // So that there is a view, which uplink tells whoever is on this machine.
    await using member = await startNode(readConfig(right), { ...parts, log: pino({ level: 'silent' }) })
    await until(
      () => fetch(`http://127.0.0.1:${member.port}/readyz`),
      ({ ok }) => ok,
    )
    await using node = await startNode(readConfig(wrong), parts)
    await until(
      async () => nodeSide.lines,
      (lines) => lines.some(({ msg }) => msg === 'a new view'),
    )
    await until(
      () => metricOf(node.port, 'larder_secret_refused_total'),
      (count) => count >= 3,
    )
    expect(await metricOf(uplink.port, 'larder_wrong_credentials_total')).to.be.at.least(3)
    const atUplink = uplinkSide.lines.filter(({ level }) => level >= 40)
    expect(atUplink.map(({ msg, address }) => [msg, address])).to.deep.equal([
      ['somebody shows a wrong key or secret', '127.0.0.1'],
    ])
    const atNode = nodeSide.lines.filter(({ level }) => level >= 40)
    expect(atNode.map(({ msg }) => msg)).to.have.members([
      'uplink does not take the secret of this member: CLUSTER_SECRET is not the same',
      'a peer fails',
    ])
    expect(JSON.stringify([uplinkSide.lines, nodeSide.lines])).not.to.match(/the-secret|another-secret/)
  })
})
