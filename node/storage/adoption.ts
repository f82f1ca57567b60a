/**
 * Numbers that people or other programs have changed, added or deleted in the file while its node was down: they are what
 * counts from then on.
 */
import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Stamp } from '../../shared/command.ts'
import { slotOf } from '../../shared/placement.ts'
import { tallyOf } from '../entries/count.ts'
import { COUNTER, type Counter, counterWith } from '../entries/counter.ts'
import { counterOf, counterText } from '../entries/counter-text.ts'
import { TICKS_PER_MS } from '../entries/stamp.ts'

/** Makes the counters agree with the numbers. @returns how many did not. */
export function adoptNumbers(database: DatabaseSync): number {
  return adoptChanged(database) + adoptDeleted(database)
}

function adoptDeleted(database: DatabaseSync): number {
  const forget = database.prepare(`
    UPDATE counters SET value = NULL, ends_at = NULL,
      state = json_object('reset', json(?1), 'tallies', json_array(), 'last', json(?1))
    WHERE value IS NOT NULL AND key NOT IN (SELECT key FROM numbers WHERE key IS NOT NULL)`)
  return Number(forget.run(JSON.stringify(stampedNow(database))).changes)
}

/** As if a member had lived just for this. */
function stampedNow(database: DatabaseSync): Stamp {
  const { ms } = database.prepare("SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS ms").get() ?? {}
  return { time: Number(ms) * TICKS_PER_MS, origin: `numbers-${randomUUID()}` }
}

function adoptChanged(database: DatabaseSync): number {
  const differing = database.prepare(`
    SELECT numbers.key AS key, numbers.value AS number, counters.value AS total, state
    FROM numbers LEFT JOIN counters ON counters.key = numbers.key
    WHERE counters.value IS NOT numbers.value AND typeof(numbers.value) = 'integer'
      AND typeof(numbers.key) = 'text' AND numbers.key <> ''`)
  differing.setReadBigInts(true)
  const adopt = database.prepare(
    `INSERT INTO counters VALUES (?1, ?2, ?3, ?4, NULL) ON CONFLICT (key) DO UPDATE
      SET ends_at = iif(value IS NULL, NULL, ends_at), value = excluded.value, state = excluded.state`,
  )
  const rows = differing.all()
  for (const { key, number, total, state } of rows) {
    const known = state === null ? NOTHING : counterOf(String(state), 0)
    const after = adopted(known, { now: stampedNow(database), number, total, isNew: state === null })
    adopt.run(String(key), slotOf(String(key)), number as bigint, counterText(after))
  }
  return rows.length
}

const NOTHING: Counter = { kind: 'counter', tallies: {} }

interface Adopted {
  readonly now: Stamp
  readonly number: unknown
  readonly total: unknown
  readonly isNew: boolean
}

/** With a tally of its own, as if a member had lived just for this. What was deleted, or has turned into a value, begins anew. */
function adopted(known: Counter, { now, number, total, isNew }: Adopted): Counter {
  const { last } = COUNTER.merge(known, { ...NOTHING, last: now })
  const by = tallyOf(BigInt(number as bigint) - BigInt((total as bigint | null) ?? 0n))
  if (total === null && !isNew)
    return counterWith({ reset: { ...now, atMs: 0 }, last }, { [now.origin]: by }, 0)
  return counterWith({ ...known, last }, { ...known.tallies, [now.origin]: by }, 0)
}
