/**
 * What may be wrong with members besides what becomes of the slots: each as a level, and a clause of the sentence.
 *
 * @typedef {import('./health.js').Situation} Situation
 * @typedef {import('./health.js').Member} Member
 * @typedef {import('./health.js').Finding} Finding
 * @typedef {import('./health.js').Level} Level
 */
import { count, duration, inWords, listed, several } from './words.js'

/** What is ordinary: a disk is written every five seconds, and clocks are never quite in step. */
const DISK_BEHIND_SECONDS = 15
const CLOCK_SECONDS = 1
const KAFKA_BEHIND = 1000
const FULL_PART = 0.95

/** @param {Level} level @param {boolean} isSo @param {() => string} text @returns {Finding[]} */
export function found(level, isSo, text) {
  return isSo ? [{ level, text: text() }] : []
}

/** @param {readonly Member[]} members */
export function idsOf(members) {
  return listed(members.map(({ id }) => id))
}

/** Who does not reach or understand whom, and who is kept out. @param {Situation} situation @returns {Finding[]} */
export function reach({ status: { members, kept_out: keptOut } }) {
  const records = members.flatMap(({ id: by, status }) =>
    (status?.peers ?? []).map((peer) => ({ by, ...peer })),
  )
  const lives = new Map(members.map((member) => [member.incarnation, member]))
  const of = (/** @type {(record: typeof records[number]) => boolean} */ isSo) => [
    ...Map.groupBy(
      records.filter(
        (record) =>
          isSo(record) && lives.get(record.incarnation)?.leaving !== true && lives.has(record.incarnation),
      ),
      ({ id }) => id,
    ),
  ]
  // Who was not spoken to yet is not out of reach.
  const unreached = of(({ reachable, understood, since }) => !reachable && understood && since !== undefined)
  const strange = new Set(
    of(({ understood }) => !understood).flatMap(([id, by]) => by.map((one) => listed([id, one.by].sort()))),
  )
  return [
    ...unreached.flatMap(([id, by]) =>
      found('trouble', true, () => `${id} is not reached by ${listed(by.map((one) => one.by))}`),
    ),
    ...[...strange].flatMap((both) => found('trouble', true, () => `${both} do not understand each other`)),
    ...keptOut.flatMap(({ id, reason }) => found('trouble', true, () => `${id} is kept out: ${reason}`)),
  ]
}

/** @param {Situation} situation @returns {Finding[]} */
export function coming({ status: { members } }) {
  const leaving = members.filter((member) => member.leaving === true)
  const joining = members.filter(
    ({ status }) => status !== undefined && status.slots.arriving > 0 && status.slots.owned === 0,
  )
  return [
    ...found(
      'notice',
      joining.length > 0,
      () => `${idsOf(joining)} ${joining.length === 1 ? 'is' : 'are'} joining`,
    ),
    ...found(
      'notice',
      leaving.length > 0,
      () => `${idsOf(leaving)} ${leaving.length === 1 ? 'is' : 'are'} leaving`,
    ),
  ]
}

/** @param {Situation} situation @returns {Finding[]} */
export function memory({ status: { members }, lately }) {
  const refusing = members.filter(({ id }) => (lately?.get(id)?.memoryFull ?? 0) > 0)
  const evicting = members.filter(({ id, status }) => {
    const { bytes = 0, max_bytes: max = Infinity } = status?.measures ?? {}
    return (
      !refusing.some((one) => one.id === id) &&
      bytes >= FULL_PART * max &&
      (lately?.get(id)?.evictions ?? 0) > 0
    )
  })
  return [
    ...found(
      'trouble',
      refusing.length > 0,
      () =>
        `${idsOf(refusing)} ${refusing.length === 1 ? 'refuses' : 'refuse'} writes, as memory is full of what is never evicted`,
    ),
    ...found(
      'notice',
      evicting.length > 0,
      () => `memory is full at ${idsOf(evicting)}, and values are evicted`,
    ),
  ]
}

/** @param {Situation} situation @returns {Finding[]} */
export function disks({ status: { members } }) {
  const of = (
    /** @type {(measures: NonNullable<NonNullable<Member['status']>['measures']>) => boolean} */ isSo,
  ) => members.filter(({ status }) => status?.measures !== undefined && isSo(status.measures))
  const failing = of(({ disk_failing: failing = 0 }) => failing > 0)
  const slow = of(
    ({ disk_failing: failing = 0, disk_behind_seconds: behind = 0 }) =>
      failing === 0 && behind > DISK_BEHIND_SECONDS,
  )
  const aside = of(({ disk_aside_rows: rows = 0 }) => rows > 0)
  const away = of(({ kafka_connected: connected = 1 }) => connected === 0)
  const late = of(({ kafka_lag: lag = 0 }) => lag > KAFKA_BEHIND)
  return [
    ...found(
      'trouble',
      failing.length > 0,
      () => `the ${failing.length === 1 ? 'disk' : 'disks'} of ${idsOf(failing)} cannot be written`,
    ),
    ...slow.flatMap(({ id, status }) =>
      found(
        'notice',
        true,
        () => `the disk of ${id} is ${duration(status?.measures?.disk_behind_seconds ?? 0)} behind`,
      ),
    ),
    ...found(
      'notice',
      aside.length > 0,
      () =>
        `the ${aside.length === 1 ? 'disk' : 'disks'} of ${idsOf(aside)} ${aside.length === 1 ? 'does' : 'do'} not take some rows`,
    ),
    ...found(
      'notice',
      away.length > 0,
      () => `Kafka is out of reach of ${idsOf(away)}, and events wait there`,
    ),
    ...late.flatMap(({ id, status }) =>
      found(
        'notice',
        true,
        () => `${id} is ${several(status?.measures?.kafka_lag ?? 0, 'message')} behind Kafka`,
      ),
    ),
  ]
}

/** @param {Situation} situation @returns {Finding[]} */
export function requests({ failing }) {
  return found('trouble', failing !== undefined, () => `${count(100 * (failing ?? 0))}% of requests fail`)
}

/** Clocks and versions. @param {Situation} situation @returns {Finding[]} */
export function apart({ status }) {
  const { members } = status
  const ahead = members.flatMap(({ id, incarnation }) => {
    const seconds = clockAhead(status, incarnation)
    return seconds !== undefined && Math.abs(seconds) > CLOCK_SECONDS ? [{ id, seconds }] : []
  })
  const [one, other, ...others] = ahead
  const versions = [...new Set(members.flatMap(({ version }) => version ?? []))].sort()
  // Of two nobody knows which is right.
  const isPair = members.length === 2 && one !== undefined && other !== undefined
  const pair = () =>
    `the clocks of ${one?.id} and ${other?.id} are ${duration(Math.abs(one?.seconds ?? 0))} apart`
  const each = (/** @type {{ id: string, seconds: number }} */ { id, seconds }) =>
    found(
      'notice',
      true,
      () => `the clock of ${id} is ${duration(Math.abs(seconds))} ${seconds > 0 ? 'ahead' : 'behind'}`,
    )
  return [
    ...(isPair
      ? found('notice', true, pair)
      : [one, other, ...others].flatMap((out) => (out ? each(out) : []))),
    ...found(
      'notice',
      versions.length > 1,
      () => `members are of ${inWords(versions.length)} versions, ${listed(versions)}`,
    ),
  ]
}

/**
 * How far the clock of a member is ahead, as the others tell: half of them tell as little, so that one of them whose own clock
 * is wrong does not count.
 *
 * @param {import('../status.ts').ClusterStatus} status @param {string} incarnation
 */
export function clockAhead({ members }, incarnation) {
  const told = members
    .flatMap(({ status }) => status?.peers ?? [])
    .flatMap((peer) =>
      peer.incarnation === incarnation && peer.clock_ahead_seconds !== undefined
        ? [peer.clock_ahead_seconds]
        : [],
    )
    .sort((one, other) => Math.abs(one) - Math.abs(other))
  return told[Math.floor((told.length - 1) / 2)]
}
