/**
 * Members that were here and are no more: they stay in sight until somebody dismisses them, in this browser alone. What is
 * remembered of each is when it was seen last, and that it was dismissed.
 *
 * @typedef {import('../status.ts').ClusterStatus} ClusterStatus
 * @typedef {{ url: string, seenAt: string, isDismissed?: true }} Seen
 * @typedef {Readonly<Record<string, Seen>>} Roster  By id.
 * @typedef {{ id: string, url: string, seenAt: string, hasLeft: boolean, why: string }} Missing
 */

/** After that nobody asks for it any more. */
const REMEMBERED_MS = 7 * 24 * 3_600_000
const SEEN_MAX = 200

/**
 * Whoever is here is noted, and whoever is told to have gone of late: this may be the first look of this browser.
 *
 * @param {Roster} roster @param {ClusterStatus} status @returns {Roster}
 */
export function note(roster, status) {
  const since = new Date(Date.parse(status.at) - REMEMBERED_MS).toISOString()
  /** @type {Record<string, Seen>} */
  const seen = {}
  const kept = Object.entries(roster).filter(([, { seenAt }]) => seenAt > since)
  for (const [id, one] of kept) seen[id] = one
  for (const { id, at } of status.events) {
    const known = id === undefined ? undefined : seen[id]
    if (id !== undefined && known === undefined && at > since && isDeparture(lastOf(id, status)?.what ?? ''))
      seen[id] = { url: '', seenAt: at }
  }
  for (const { id, url } of status.members) seen[id] = { url, seenAt: status.at }
  const newest = Object.entries(seen).sort(([, one], [, other]) => (one.seenAt < other.seenAt ? 1 : -1))
  return Object.fromEntries(newest.slice(0, SEEN_MAX))
}

/** @param {Roster} roster @param {readonly string[]} ids @returns {Roster} */
export function dismiss(roster, ids) {
  const dismissed = ids.flatMap((id) => {
    const seen = roster[id]
    return seen === undefined ? [] : [[id, { ...seen, isDismissed: true }]]
  })
  return { ...roster, ...Object.fromEntries(dismissed) }
}

/** @param {Roster} roster @param {ClusterStatus} status @returns {Missing[]} */
export function missing(roster, status) {
  const here = new Set(status.members.map(({ id }) => id))
  return Object.entries(roster)
    .filter(([id, { isDismissed }]) => !here.has(id) && isDismissed !== true)
    .map(([id, { url, seenAt }]) => {
      const why = lastOf(id, status)?.what ?? 'it was not a member any more when this page looked again'
      return { id, url, seenAt, why, hasLeft: why === 'left' }
    })
    .sort((one, other) => (one.id < other.id ? -1 : 1))
}

/** Events of a member that is kept out say nothing of how it went. @param {string} id @param {ClusterStatus} status */
function lastOf(id, { events }) {
  return events.find((event) => event.id === id && !event.what.startsWith('kept out'))
}

/** @param {string} what */
function isDeparture(what) {
  return what === 'left' || /^(?:gone|dropped)\b/.test(what)
}

/** What was written there may be anything. @param {unknown} written @returns {Roster} */
export function rosterIn(written) {
  if (typeof written !== 'object' || written === null) return {}
  const known = Object.entries(written).filter(
    ([, seen]) => typeof seen?.seenAt === 'string' && typeof seen?.url === 'string',
  )
  return Object.fromEntries(known)
}
