/** A file that was written before copies had a standing. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { Database } from '../../../node/storage/database.ts'
import { rowOfLast, rowOfOrder, rowOfStanding } from '../../../node/storage/standing-rows.ts'
import { recovered } from './recovered.ts'

/** The schema before copies had a standing. */
const VERSION_1 = `
  PRAGMA application_id = ${0x4c524452}; PRAGMA user_version = 1;
  CREATE TABLE numbers (key TEXT, value INTEGER DEFAULT 0);
  CREATE UNIQUE INDEX numbers_key_index ON numbers (key);
  CREATE TABLE registers (
    id TEXT PRIMARY KEY, slot INTEGER NOT NULL, time INTEGER NOT NULL, origin TEXT NOT NULL,
    ends_at INTEGER, content_type TEXT, body
  );
  CREATE TABLE counters (
    key TEXT PRIMARY KEY, slot INTEGER NOT NULL, value INTEGER, state TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE presences (
    content TEXT NOT NULL, reaction TEXT NOT NULL, user TEXT NOT NULL, slot INTEGER NOT NULL,
    time INTEGER NOT NULL, ends_at INTEGER, is_gone INTEGER NOT NULL,
    PRIMARY KEY (content, reaction, user)
  ) WITHOUT ROWID;
  CREATE TRIGGER numbers_insert AFTER INSERT ON counters WHEN new.value IS NOT NULL BEGIN
    INSERT INTO numbers (key, value) VALUES (new.key, new.value) ON CONFLICT (key) DO UPDATE SET value = excluded.value;
  END;
  CREATE TRIGGER numbers_update AFTER UPDATE ON counters WHEN new.value IS NOT NULL BEGIN
    INSERT INTO numbers (key, value) VALUES (new.key, new.value) ON CONFLICT (key) DO UPDATE SET value = excluded.value;
  END;
  CREATE TRIGGER numbers_forget AFTER UPDATE ON counters WHEN new.value IS NULL BEGIN
    DELETE FROM numbers WHERE key = new.key;
  END;
  CREATE TRIGGER numbers_delete AFTER DELETE ON counters BEGIN
    DELETE FROM numbers WHERE key = old.key;
  END;
  INSERT INTO registers VALUES ('vsalt', 1, 7, 'a', NULL, 'text/plain', 'fine'), ('ijam' || char(0) || 'once', 2, 7, 'a', 9, 'text/plain', '5');
  INSERT INTO counters VALUES ('jam', 2, 5, '{"tallies":[["a","5","0"]]}');
  INSERT INTO presences VALUES ('stew', 'like', 'ann', 3, 7, NULL, 0);
`

describe('a file of the version before', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'larder-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('is read as it is, and has room for what copies are worth from then on', async () => {
    const path = join(folder, 'pantry.db')
    const others = <T>(use: (other: DatabaseSync) => T): T => {
      const other = new DatabaseSync(path)
      try {
        return use(other)
      } finally {
        other.close()
      }
    }
    others((other) => other.exec(VERSION_1))
    const { ids, standings, lasts } = await recovered(path)
    expect(ids).to.have.members(['vsalt', 'ijam\0once', 'vjam', 'rstew'])
    expect([standings, lasts], 'nothing is known of them').to.deep.equal([[], []])
    const last = { epoch: 7, copies: 2, members: ['a', 'b'] }
    const rows = [
      rowOfStanding({ slot: 1, asOf: Infinity, lapses: [] }),
      rowOfOrder(6),
      rowOfLast(last),
      { table: 'counters', key: ['jam'], cells: [2, 7, '{"tallies":[["a","7","0"]]}', null] },
    ] as const
    const database = new Database(path)
    expect(database.write({ isFirst: true, isLast: true, dropped: [], rows })).to.deep.equal([])
    database.close()
    const after = await recovered(path)
    expect(after.ids).to.have.members(ids)
    expect(after).to.deep.include({ standings: [{ slot: 1, asOf: 6, lapses: [] }], lasts: [last] })
    const numbers = others((other) => other.prepare('SELECT key, value FROM numbers').all())
    expect(numbers.map(({ key, value }) => [key, value])).to.deep.equal([['jam', 7]])
    const version = others((other) => other.prepare('PRAGMA user_version').get())
    expect(version).to.include({ user_version: 3 })
  })

  it('keeps the counter where a key has a value too, as nobody knows which was written later', async () => {
    const path = join(folder, 'pantry.db')
    const other = new DatabaseSync(path)
    other.exec(VERSION_1)
    other.exec(`
      INSERT INTO registers VALUES ('vjam', 2, 7000, 'a', NULL, 'text/plain', 'fine'), ('vtea', 2, 7000, 'a', 9, NULL, NULL);
      INSERT INTO counters VALUES ('tea', 2, 3, '{"tallies":[["a","3","0"]]}'),
        ('salt', 1, NULL, '{"reset":{"time":9000,"origin":"a"},"tallies":[]}');
    `)
    other.close()
    for (const round of ['at once', 'and when it is read again']) {
      const { entries } = await recovered(path)
      const [jam, tea, salt] = ['vjam', 'vtea', 'vsalt'].map((id) => entries.get(id))
      expect([jam?.kind, tea?.kind], round).to.deep.equal(['counter', 'counter'])
      expect(salt?.kind === 'turned' && salt.register.value, 'of a counter that was deleted').to.deep.equal({
        contentType: 'text/plain',
        body: 'fine',
      })
    }
  })
})
