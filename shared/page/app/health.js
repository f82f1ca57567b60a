/**
 * How the cluster is, in one sentence: what is wrong first, and what follows from it. Nothing but words comes of it, whatever
 * the members say.
 *
 * @typedef {import('../status.ts').ClusterStatus} ClusterStatus
 * @typedef {ClusterStatus['members'][number]} Member
 * @typedef {import('./roster.js').Missing} Missing
 * @typedef {{ memoryFull: number, lostSlots: number, evictions: number }} Lately
 * @typedef {'well' | 'notice' | 'trouble'} Level
 * @typedef {{ level: Level, text: string }} Finding
 *
 * @typedef {object} Situation
 * @property {ClusterStatus} status
 * @property {readonly Missing[]} missing  Who was here, and has not been dismissed.
 * @property {number} [wholeInSeconds]  Until no slot is short of a copy any more, where that can be told.
 * @property {ReadonlyMap<string, Lately | undefined>} [lately]  What members have done in the last seconds, by id.
 * @property {number} [failing]  The part of requests that fails.
 */
import { count, duration, inWords, listed, several } from './words.js'

/** So much is said in the sentence; the rest stands below it. */
const CLAUSES_MAX = 4
/** What is ordinary: a disk is written every five seconds, and clocks are never quite in step. */
const DISK_BEHIND_SECONDS = 15
const CLOCK_SECONDS = 1
const KAFKA_BEHIND = 1000
const FULL_PART = 0.95

/** @param {Situation} situation @returns {{ level: Level, sentence: string, more: string[] }} */
export function healthOf(situation) {
  const findings = [
    ...registry(situation),
    ...absent(situation),
    ...copies(situation),
    ...reach(situation),
    ...coming(situation),
    ...memory(situation),
    ...disks(situation),
    ...requests(situation),
    ...apart(situation),
  ]
  if (findings.length === 0) return { level: 'well', sentence: allWell(situation), more: [] }
  const texts = findings.map(({ text }) => text)
  const level = findings.some((one) => one.level === 'trouble') ? 'trouble' : 'notice'
  const more = texts.slice(CLAUSES_MAX)
  return {
    level,
    sentence: sentenceOf(texts.slice(0, CLAUSES_MAX)),
    more: more.map((text) => sentenceOf([text])),
  }
}

/** @param {readonly string[]} clauses */
function sentenceOf(clauses) {
  const text = clauses.join('; ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
}

/** @param {Situation} situation */
function allWell({ status }) {
  const { members, copies } = status
  const who =
    members.length === 1 ? 'The one member is well' : `All ${inWords(members.length)} members are well`
  return `${who}; every slot has ${inWords(copies)} ${copies === 1 ? 'copy' : 'copies'}.`
}

/** @param {Situation} situation @returns {Finding[]} */
function registry({ status: { trouble, waiting_for: waiting } }) {
  return [
    ...found('trouble', trouble !== undefined, () => `the registry cannot change: ${trouble}`),
    ...found('trouble', waiting.length > 0, () => `slots wait for ${listed(waiting)}, which held them last`),
  ]
}

/** Who is not here, or says nothing. @param {Situation} situation @returns {Finding[]} */
function absent({ status, missing }) {
  const { members } = status
  if (members.length === 0) return found('trouble', true, () => 'nobody is a member')
  const gone = missing.filter(({ hasLeft }) => !hasLeft).length
  const left = missing.length - gone
  const all = members.length + missing.length
  const of = `of ${inWords(all)} members`
  const isOwed = shortIn(status) > 0 || arrivingIn(status) > 0
  const silent = members.filter((member) => member.absent === true)
  const untold = members.filter((member) => member.status === undefined && member.absent !== true)
  const [lone] = untold
  return [
    ...found(
      isOwed ? 'trouble' : 'notice',
      gone > 0,
      () => `${inWords(gone)} ${of} ${gone === 1 ? 'is' : 'are'} gone`,
    ),
    ...found('notice', left > 0, () => `${inWords(left)} ${of} ${left === 1 ? 'has' : 'have'} left`),
    ...found(
      'trouble',
      silent.length > 0,
      () => `${idsOf(silent)} ${silent.length === 1 ? 'does' : 'do'} not answer`,
    ),
    ...found(
      'notice',
      lone !== undefined,
      () =>
        `${idsOf(untold)} ${untold.length === 1 ? 'does' : 'do'} not say how ${untold.length === 1 ? 'it is' : 'they are'}`,
    ),
  ]
}

/** What is short of copies, or on its way, and until when. @param {Situation} situation @returns {Finding[]} */
function copies({ status, missing, wholeInSeconds, lately }) {
  const { copies, members } = status
  const holders = members.filter(({ leaving, absent }) => leaving !== true && absent !== true).length
  const [short, arriving] = [shortIn(status), arrivingIn(status)]
  const isFew = holders > 0 && holders < copies
  const lost = sumOf([...(lately?.values() ?? [])].map((one) => one?.lostSlots))
  const held = new Set(members.flatMap(({ status }) => status?.overdue ?? []).map(({ reason }) => reason))
  const isWhole = !isFew && short === 0 && arriving === 0
  return [
    ...found(
      'trouble',
      lost > 0,
      () => `${several(lost, 'slot')} began empty, as nobody was left who had ${lost === 1 ? 'it' : 'them'}`,
    ),
    ...found(
      'notice',
      isFew,
      () => `every slot has ${copiesOf(holders)}, as there are too few members for ${inWords(copies)}`,
    ),
    ...found(
      'trouble',
      !isFew && short > 0,
      () =>
        `${several(short, 'slot')} ${short === 1 ? 'has' : 'have'} ${copies === 2 ? 'one copy' : `fewer than ${copiesOf(copies)}`}`,
    ),
    ...found(
      'notice',
      arriving > 0,
      () => `${several(arriving, 'slot')} ${arriving === 1 ? 'is' : 'are'} arriving`,
    ),
    ...found(
      'trouble',
      held.size > 0,
      () => `some have been on their way for more than thirty seconds: ${[...held].join(', ')}`,
    ),
    ...found(
      'notice',
      !isWhole && wholeInSeconds !== undefined,
      () => `whole again in about ${duration(Math.max(1, Math.ceil(wholeInSeconds ?? 0)))}`,
    ),
    ...found('notice', isWhole && missing.length > 0, () => `every slot has ${copiesOf(copies)} again`),
  ]
}

/** Who does not reach or understand whom, and who is kept out. @param {Situation} situation @returns {Finding[]} */
function reach({ status: { members, kept_out: keptOut } }) {
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
function coming({ status: { members } }) {
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
function memory({ status: { members }, lately }) {
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
function disks({ status: { members } }) {
  const of = (
    /** @type {(measures: NonNullable<NonNullable<Member['status']>['measures']>) => boolean} */ isSo,
  ) => members.filter(({ status }) => status?.measures !== undefined && isSo(status.measures))
  const failing = of(({ disk_failing: failing = 0 }) => failing > 0)
  const slow = of(
    ({ disk_failing: failing = 0, disk_behind_seconds: behind = 0 }) =>
      failing === 0 && behind > DISK_BEHIND_SECONDS,
  )
  const aside = of(({ disk_aside_rows: rows = 0 }) => rows > 0)
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
function requests({ failing }) {
  return found('trouble', failing !== undefined, () => `${count(100 * (failing ?? 0))}% of requests fail`)
}

/** Clocks and versions. @param {Situation} situation @returns {Finding[]} */
function apart({ status: { members } }) {
  const ahead = members.flatMap(({ id, incarnation }) => {
    const told = members
      .flatMap(({ status }) => status?.peers ?? [])
      .filter((peer) => peer.incarnation === incarnation)
    const seconds = median(
      told.flatMap(({ clock_ahead_seconds: seconds }) => (seconds === undefined ? [] : [seconds])),
    )
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

/** @param {Level} level @param {boolean} isSo @param {() => string} text @returns {Finding[]} */
function found(level, isSo, text) {
  return isSo ? [{ level, text: text() }] : []
}

/** @param {readonly Member[]} members */
function idsOf(members) {
  return listed(members.map(({ id }) => id))
}

/** @param {number} many */
function copiesOf(many) {
  return `${inWords(many)} ${many === 1 ? 'copy' : 'copies'}`
}

/** @param {ClusterStatus} status */
function shortIn({ members }) {
  return sumOf(members.map(({ status }) => status?.measures?.slots_short))
}

/** @param {ClusterStatus} status */
function arrivingIn({ members }) {
  return sumOf(members.map(({ status }) => status?.slots.arriving))
}

/** @param {readonly (number | undefined)[]} values */
function sumOf(values) {
  return values.reduce((/** @type {number} */ sum, value) => sum + (value ?? 0), 0)
}

/** @param {readonly number[]} values */
function median(values) {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]
}
