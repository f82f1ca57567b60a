/** The file: transactions in parts, rows that fail alone, slots that go, totals that people see. */
import { chmodSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { counterText } from '../../../node/entries/counter-text.ts'
import { Database, type Part } from '../../../node/storage/database.ts'
import { entryOf, type Row } from '../../../node/storage/rows.ts'
import { rowOf } from './fake-target.ts'
import { timesOf } from './times.ts'

function part(rows: readonly Row[], rest: Partial<Part> = {}): Part {
  return { isFirst: true, isLast: true, dropped: [], rows, ...rest }
}

function counterRow(key: string, total: bigint | null, slot = 1): Row {
  const tallies = total === null ? {} : { a: { added: total, taken: 0n } }
  return { table: 'counters', key: [key], cells: [slot, total, counterText({ kind: 'counter', tallies })] }
}

function presenceRow(user: string, slot = 1): Row {
  return { table: 'presences', key: ['stew', 'like', user], cells: [slot, 1, null, 0] }
}

describe('the file of a node', () => {
  let folder: string
  let path: string
  let database: Database

  const others = <T>(read: (other: DatabaseSync) => T): T => {
    const other = new DatabaseSync(path)
    try {
      return read(other)
    } finally {
      other.close()
    }
  }
  const ids = () =>
    others((other) => other.prepare('SELECT id FROM registers ORDER BY id').all()).map(({ id }) => id)
  const numbers = () =>
    others((other) => other.prepare('SELECT key, value FROM numbers ORDER BY key').all()).map(
      ({ key, value }) => `${key}=${value}`,
    )

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'larder-'))
    path = join(folder, 'pantry.db')
    database = new Database(path)
  })
  afterEach(() => {
    database.close()
    rmSync(folder, { recursive: true })
  })

  it('shows nothing of a transaction before its last part', () => {
    database.write(part([rowOf('a', '1')], { isLast: false }))
    database.write(part([rowOf('b', '1')], { isFirst: false, isLast: false }))
    expect(ids()).to.deep.equal([])
    database.write(part([rowOf('c', '1')], { isFirst: false }))
    expect(ids()).to.deep.equal(['va', 'vb', 'vc'])
  })

  it('leaves nothing of a transaction that fails as a whole, and takes the next one', () => {
    others((other) =>
      other.exec(`CREATE TRIGGER fatal BEFORE INSERT ON counters WHEN new.key = 'fatal'
        BEGIN SELECT RAISE(ROLLBACK, 'no more'); END`),
    )
    database.write(part([rowOf('a', '1')]))
    database.write(part([rowOf('b', '1')], { isLast: false, dropped: [1] }))
    const rows = [rowOf('c', '1'), counterRow('fatal', 1n)]
    expect(() => database.write(part(rows, { isFirst: false }))).to.throw('no more')
    expect(ids()).to.deep.equal(['va'])
    database.write(part([rowOf('d', '1')]))
    expect(ids()).to.deep.equal(['va', 'vd'])
  })

  it('writes the others where a row fails, and says which one and why', () => {
    others((other) =>
      other.exec(`CREATE TRIGGER picky BEFORE INSERT ON counters WHEN new.key = 'bad'
        BEGIN SELECT RAISE(ABORT, 'not this one'); END`),
    )
    const rows = [
      counterRow('good', 1n),
      counterRow('bad', 2n),
      counterRow('big', 2n ** 64n),
      counterRow('last', 3n),
    ]
    const failures = database.write(part(rows))
    expect(failures.map(({ name }) => name)).to.deep.equal(['counters:3:bad', 'counters:3:big'])
    expect(failures[0]?.reason).to.equal('not this one')
    expect(numbers()).to.deep.equal(['good=1', 'last=3'])
  })

  it('deletes all rows of slots before it writes, of every table', () => {
    const rows = [1, 2, 3].flatMap((slot) => [
      rowOf(`k${slot}`, '1', slot),
      counterRow(`k${slot}`, 5n, slot),
      presenceRow(`user ${slot}`, slot),
    ])
    database.write(part(rows))
    expect(database.count()).to.equal(9)
    database.write(part([rowOf('new', '1', 2)], { dropped: [1, 2] }))
    expect(database.count()).to.equal(4)
    expect(ids()).to.deep.equal(['vk3', 'vnew'])
    expect(numbers()).to.deep.equal(['k3=5'])
  })

  it('keeps the numbers in step with the totals', () => {
    database.write(part([counterRow('a', 1n), counterRow('b', 2n), counterRow('c', 3n)]))
    database.write(part([counterRow('a', 9n), counterRow('b', null), { table: 'counters', key: ['c'] }]))
    expect(numbers()).to.deep.equal(['a=9'])
    database.write(part([counterRow('b', -4n)]))
    expect(numbers()).to.deep.equal(['a=9', 'b=-4'])
  })

  it('reads all that is stored, in chunks, and then nothing', () => {
    const rows = Array.from({ length: 2500 }, (_, index) => rowOf(`k${index}`, '1'))
    database.write(part([...rows, counterRow('jam', 2n ** 63n - 1n), presenceRow('ann')]))
    const chunks: string[][] = []
    for (let rows = database.read(); rows.length > 0; rows = database.read())
      chunks.push(rows.map((row) => entryOf(row, timesOf()).id))
    expect(chunks).to.have.length(3)
    expect(new Set(chunks.flat()).size).to.equal(2502)
    expect(chunks.flat()).to.include.members(['vk0', 'vk2499', 'vjam', 'rstew'])
    expect(database.read()).to.deep.equal([])
  })

  it('makes chunks of large rows smaller', () => {
    const rows = Array.from({ length: 8 }, (_, index) => rowOf(`k${index}`, 'x'.repeat(500_000)))
    database.write(part(rows))
    expect(database.read()).to.have.length(3)
  })

  it('can be written while it is being read', () => {
    database.write(part(Array.from({ length: 1500 }, (_, index) => rowOf(`k${index}`, '1'))))
    const found = database.read().map(({ cells: [id] }) => id)
    database.write(part([{ table: 'registers', key: ['vk0'] }, rowOf('k1', '2')]))
    for (let rows = database.read(); rows.length > 0; rows = database.read())
      found.push(...rows.map(({ cells: [id] }) => id))
    expect(new Set(found).size).to.equal(1500)
    expect(ids()).to.have.length(1499)
  })

  it('takes no writes once it has been moved away', () => {
    database.write(part([rowOf('a', '1')]))
    renameSync(path, `${path}.old`)
    expect(() => database.write(part([rowOf('b', '1')]))).to.throw(
      'was moved or deleted: start the node again',
    )
    renameSync(`${path}.old`, path)
    database.write(part([rowOf('c', '1')]))
    expect(ids()).to.deep.equal(['va', 'vc'])
  })

  it('is for nobody else on the machine, with all that lies beside it, also where it was before', () => {
    const modes = () =>
      readdirSync(folder).map((name) => `${name} ${(statSync(join(folder, name)).mode & 0o777).toString(8)}`)
    database.write(part([rowOf('a', '1')]))
    const all = ['pantry.db 600', 'pantry.db-lock 600', 'pantry.db-shm 600', 'pantry.db-wal 600']
    expect(modes()).to.include.members(all)
    database.close()
    // As a node that was killed leaves them.
    writeFileSync(`${path}-wal`, '')
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o644)
    database = new Database(path)
    database.write(part([rowOf('b', '1')]))
    expect(modes()).to.include.members(all)
    expect(ids()).to.deep.equal(['va', 'vb'])
  })

  it('does not say where it is when it is gone', () => {
    renameSync(folder, `${folder}-moved`)
    expect(() => database.write(part([rowOf('b', '1')])))
      .to.throw('moved or deleted')
      .with.property('message')
      .that.does.not.include('/')
    renameSync(`${folder}-moved`, folder)
  })

  it('is opened by one node at a time', () => {
    expect(() => new Database(path)).to.throw(`${path} is in use by another node`)
    database.close()
    database = new Database(path)
  })
})
