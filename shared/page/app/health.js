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
import { apart, coming, disks, found, idsOf, memory, reach, requests } from './findings.js'
import { duration, inWords, listed, several } from './words.js'

/** So much is said in the sentence; the rest stands below it. */
const CLAUSES_MAX = 4

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
  const { members, kept_out: keptOut } = situation.status
  const ids = new Set([...members, ...keptOut].map(({ id }) => id))
  const level = findings.some((one) => one.level === 'trouble') ? 'trouble' : 'notice'
  const more = texts.slice(CLAUSES_MAX)
  return {
    level,
    sentence: sentenceOf(texts.slice(0, CLAUSES_MAX), ids),
    more: more.map((text) => sentenceOf([text], ids)),
  }
}

/** Names stay as they are. @param {readonly string[]} clauses @param {ReadonlySet<string>} ids */
function sentenceOf(clauses, ids) {
  const text = clauses.join('; ')
  const [first = ''] = text.split(/,? /)
  const begun = ids.has(first) ? text : `${text.charAt(0).toUpperCase()}${text.slice(1)}`
  return /[.!?]$/.test(begun) ? begun : `${begun}.`
}

/** @param {Situation} situation */
function allWell({ status }) {
  const { members, copies } = status
  const many = members.length
  const who =
    many === 1 ? 'The one member is' : many === 2 ? 'Both members are' : `All ${inWords(many)} members are`
  return `${who} well; every slot has ${inWords(copies)} ${copies === 1 ? 'copy' : 'copies'}.`
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
