/**
 * What was refused as not saved is sent again, as every client does: an acknowledgement then promises no less,
 * although there is nothing left to change in memory.
 */
import { expect } from 'chai'
import { type Answer, DiskNode } from './disk-node.ts'

const IMMEDIATE = { SYNC_INTERVAL_MS: '0', PEER_TIMEOUT_MS: '200' }

interface Found {
  /** Whether the write was acknowledged when it was sent again. */
  readonly isAcknowledged: boolean
}

/** Writes twice while the file is locked, and kills the node before it is free. */
async function writeTwice(node: DiskNode, write: () => Promise<number>): Promise<Found> {
  {
    using other = node.open()
    other.exec('BEGIN IMMEDIATE')
    expect(await write(), 'the first time').to.equal(503)
    const status = await write()
    await node.kill()
    other.exec('ROLLBACK')
    await node.start()
    return { isAcknowledged: status < 300 }
  }
}

const statusOf = ({ status }: Answer): number => status

describe('a write that is sent again while the disk is slow, with an interval of 0', () => {
  it('is on disk if it is acknowledged: an increment with an idempotency key', async () => {
    await using node = await DiskNode.start(IMMEDIATE)
    const write = () => node.increment('jam', '5', 'once').then(statusOf)
    const { isAcknowledged } = await writeTwice(node, write)
    if (isAcknowledged) expect(await node.total('jam')).to.equal('5')
  })

  it('is on disk if it is acknowledged: a reaction', async () => {
    await using node = await DiskNode.start(IMMEDIATE)
    const { isAcknowledged } = await writeTwice(node, () => node.react('add', 'stew', 'ann'))
    if (isAcknowledged) expect(await node.likes('stew')).to.equal(1)
  })

  it('is on disk if it is acknowledged: the delete of a value', async () => {
    await using node = await DiskNode.start(IMMEDIATE)
    await node.put('salt', 'fine')
    const { isAcknowledged } = await writeTwice(node, () =>
      node.call('DELETE', '/api/v1/kv/salt').then(statusOf),
    )
    if (isAcknowledged) expect(await node.value('salt')).to.equal(undefined)
  })

  it('is on disk if it is acknowledged: the delete of a counter', async () => {
    await using node = await DiskNode.start(IMMEDIATE)
    await node.increment('jam', '5')
    const { isAcknowledged } = await writeTwice(node, () =>
      node.call('DELETE', '/api/v1/counters/jam').then(statusOf),
    )
    if (isAcknowledged) expect(await node.total('jam')).to.equal(undefined)
  })

  it('is on disk if it is acknowledged: two that arrive together', async () => {
    await using node = await DiskNode.start(IMMEDIATE)
    {
      using other = node.open()
      other.exec('BEGIN IMMEDIATE')
      const both = await Promise.all([
        node.increment('jam', '5', 'once').then(statusOf),
        node.increment('jam', '5', 'once').then(statusOf),
      ])
      await node.kill()
      other.exec('ROLLBACK')
      await node.start()
      if (both.includes(200)) expect(await node.total('jam')).to.equal('5')
    }
  })
})

describe('an increment with an idempotency key whose counter cannot be written', () => {
  const start = async (): Promise<DiskNode> => {
    const node = await DiskNode.start({ SYNC_INTERVAL_MS: '0' })
    await node.stop()
    node.tamper(`CREATE TRIGGER picky BEFORE INSERT ON counters WHEN new.key = 'bad'
      BEGIN SELECT RAISE(ABORT, 'not this one'); END`)
    await node.start()
    expect((await node.increment('bad', '5', 'once')).status).to.equal(503)
    return node
  }
  const startAgain = async (node: DiskNode): Promise<void> => {
    await node.kill()
    node.tamper('DROP TRIGGER picky')
    await node.start()
  }

  it('is on disk if it is acknowledged when it is sent again', async () => {
    await using node = await start()
    const { status } = await node.increment('bad', '5', 'once')
    await startAgain(node)
    if (status === 200) expect(await node.total('bad')).to.equal('5')
  })

  it('is counted when it is sent again after a crash: its record is not kept without its counter', async () => {
    await using node = await start()
    await startAgain(node)
    expect((await node.increment('bad', '5', 'once')).text).to.equal('5')
    expect(await node.total('bad')).to.equal('5')
  })
})
