/**
 * The file of a node: opened only if it is one of ours, or new, or Incrementer's.
 *
 * `numbers` is for people and other programs. It follows `counters` by trigger, so that the two never differ;
 * where somebody has changed a number while the node was down, the number is what counts from then on.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { messageOf } from '../../shared/errors.ts'
import { FAMILIES } from '../entries/families.ts'
import { adoptNumbers } from './adoption.ts'
import { ownFile } from './own-files.ts'
import type { EntryTable, Table } from './tables.ts'

/** `LRDR`, in the header of the file. */
const APPLICATION_ID = 0x4c524452
const VERSION = 3
/** How long to wait for another program that is writing to the file. */
const BUSY_MAX_MS = 2000

/** A file of this version has just these: with another table it is of another version, and older files want one too. */
const CREATED: Readonly<Record<EntryTable, string>> = {
  registers: `CREATE TABLE registers (
    id TEXT PRIMARY KEY, slot INTEGER NOT NULL, time INTEGER NOT NULL, origin TEXT NOT NULL,
    ends_at INTEGER, content_type TEXT, body, touched_time INTEGER, touched_origin TEXT
  );`,
  counters: `CREATE TABLE counters (
    key TEXT PRIMARY KEY, slot INTEGER NOT NULL, value INTEGER, state TEXT NOT NULL, ends_at INTEGER
  ) WITHOUT ROWID;`,
  limits: `CREATE TABLE limits (
    key TEXT PRIMARY KEY, slot INTEGER NOT NULL, time INTEGER NOT NULL, origin TEXT NOT NULL,
    full_at INTEGER, reset_time INTEGER, reset_origin TEXT
  ) WITHOUT ROWID;`,
  presences: `CREATE TABLE presences (
    content TEXT NOT NULL, reaction TEXT NOT NULL, user TEXT NOT NULL, slot INTEGER NOT NULL,
    time INTEGER NOT NULL, ends_at INTEGER, is_gone INTEGER NOT NULL,
    PRIMARY KEY (content, reaction, user)
  ) WITHOUT ROWID;`,
}

/** Since version 2. */
const CREATED_BESIDE: Readonly<Record<Exclude<Table, EntryTable>, string>> = {
  facts: 'CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID;',
  standings: `CREATE TABLE IF NOT EXISTS standings (
    name TEXT PRIMARY KEY, slot INTEGER NOT NULL, as_of REAL, lapses TEXT NOT NULL,
    alone_since REAL, alone_lives TEXT
  ) WITHOUT ROWID;`,
}

/**
 * Since version 3. Before, a key could have a value and a counter, and nobody noted when a counter was written last. There the
 * counter is kept, as a value can be had again.
 */
const ADDED = `
  ALTER TABLE registers ADD COLUMN touched_time INTEGER;
  ALTER TABLE registers ADD COLUMN touched_origin TEXT;
  ALTER TABLE counters ADD COLUMN ends_at INTEGER;
  UPDATE counters SET state = json_set(state, '$.last', json_object('time', registers.time + 1, 'origin', registers.origin))
    FROM registers WHERE registers.id = '${FAMILIES.value.letter}' || counters.key AND counters.value IS NOT NULL;
  DELETE FROM registers WHERE id IN
    (SELECT '${FAMILIES.value.letter}' || key FROM counters WHERE value IS NOT NULL);
  ${CREATED.limits}
`

const NUMBERS = `
  CREATE TABLE IF NOT EXISTS numbers (key TEXT, value INTEGER DEFAULT 0);
  CREATE UNIQUE INDEX IF NOT EXISTS numbers_key_index ON numbers (key);
`

const NUMBERS_FOLLOW = `
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
`

/** What keeps another node away from the file, for as long as it is open; the system frees it with the process. */
export interface OpenFile {
  readonly database: DatabaseSync
  readonly lock: DatabaseSync
  /** Numbers that were changed by others and taken over. */
  readonly adopted: number
}

/** @throws with a message that says what is wrong with the file, and what to do. */
export function openFile(path: string): OpenFile {
  prepareFolder(path)
  const lock = takeLock(path)
  try {
    const database = new DatabaseSync(path, { timeout: BUSY_MAX_MS })
    try {
      return { database, lock, adopted: prepare(database) }
    } catch (error) {
      database.close()
      throw error
    }
  } catch (cause) {
    lock.close()
    throw new Error(`${path}: ${explain(cause)}`, { cause })
  }
}

function prepareFolder(path: string): void {
  try {
    makeFolder(dirname(path))
    for (const file of [path, lockOf(path)]) ownFile(file)
  } catch (cause) {
    const reason = messageOf(cause)
    throw new Error(`${path} cannot be written (${reason}): set DATA_DIR to a folder that can, or to off`, {
      cause,
    })
  }
}

/** Step by step: Node's own way never ends where a folder says that it exists and does not, as in /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  mkdirSync(path)
}

function lockOf(path: string): string {
  return `${path}-lock`
}

function takeLock(path: string): DatabaseSync {
  const lock = new DatabaseSync(lockOf(path), { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (cause) {
    lock.close()
    if (codeOf(cause) !== SQLITE.BUSY) throw new Error(`${path}: ${explain(cause)}`, { cause })
    throw new Error(`${path} is in use by another node: give each a NODE_ID or a DATA_DIR of its own`, {
      cause,
    })
  }
}

function prepare(database: DatabaseSync): number {
  checkOwner(database)
  // Every transaction is on the disk itself once it is through, whatever happens to the process or the power.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864')
  database.exec('BEGIN IMMEDIATE')
  const { user_version: version } = database.prepare('PRAGMA user_version').get() ?? {}
  if (version === 0) database.exec([NUMBERS, ...Object.values(CREATED), NUMBERS_FOLLOW].join('\n'))
  else if (Number(version) < 3) database.exec(ADDED)
  if (Number(version) < 2) database.exec(Object.values(CREATED_BESIDE).join('\n'))
  const adopted = adoptNumbers(database)
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${VERSION}; COMMIT`)
  return adopted
}

/** @throws when the file holds something that is not ours to change. */
function checkOwner(database: DatabaseSync): void {
  const { application_id: application } = database.prepare('PRAGMA application_id').get() ?? {}
  const { user_version: version } = database.prepare('PRAGMA user_version').get() ?? {}
  if (application === APPLICATION_ID && Number(version) > VERSION) {
    throw new Error(`it was written by a newer Larder (its version is ${version}, not ${VERSION})`)
  }
  if (application === APPLICATION_ID) {
    checkWhole(database)
    return
  }
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
  const names = tables.map(({ name }) => String(name)).filter((name) => !name.startsWith('sqlite_'))
  if (application !== 0 || names.some((name) => name !== 'numbers')) {
    throw new Error(
      `it is the database of another program (its tables: ${names.join(', ')}): move it away, or set another DATA_DIR`,
    )
  }
}

function checkWhole(database: DatabaseSync): void {
  const { quick_check: finding } = database.prepare('PRAGMA quick_check(1)').get() ?? {}
  if (finding !== 'ok') throw new Error(`${DAMAGED} (${String(finding).replaceAll(/\s+/g, ' ')})`)
}

/** What SQLite says, in the words of somebody who has to mend it. */
function explain(error: unknown): string {
  const code = codeOf(error)
  if (code === SQLITE.BUSY) return 'it is locked by another program: end that, and start again'
  if (code === SQLITE.NOTADB) return 'it is not a SQLite database: move it away, or set another DATA_DIR'
  if (code === SQLITE.CORRUPT) return DAMAGED
  if (code === SQLITE.FULL) return 'the disk is full'
  const reason = messageOf(error)
  return code === 0 ? reason : `SQLite says: ${reason}`
}

const DAMAGED = 'it is damaged: bring back a copy of it, or move it away to start empty'

function codeOf(error: unknown): number {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0
}

/** Result codes (https://www.sqlite.org/rescode.html). */
export const SQLITE = {
  ERROR: 1,
  BUSY: 5,
  CORRUPT: 11,
  FULL: 13,
  TOOBIG: 18,
  CONSTRAINT: 19,
  MISMATCH: 20,
  RANGE: 25,
  NOTADB: 26,
} as const
