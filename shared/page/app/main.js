/** The page: asks what whoever looks may see, shows that, and goes on for as long as it is open. */
import { Refusal, read, showKey, why } from './calls.js'
import { showCharts } from './charts.js'
import { byId, element, field, keep, say } from './dom.js'
import { follow } from './events.js'
import { healthOf } from './health.js'
import { startKeys } from './keys.js'
import { Live } from './live.js'
import { showMembers } from './members.js'
import { Pace } from './pace.js'
import { dismiss, missing, note, rosterIn } from './roster.js'
import { clockTime } from './words.js'

/** @typedef {import('../status.ts').ClusterStatus} ClusterStatus */

const ROSTER = 'larder members'
const SILENCE_MAX_MS = 5000
const AGAIN_MS = 1000
/** Somebody who listens is told of what has changed, and not of every number on the way. */
const ANNOUNCED_MS = 5000
const isNode = document.body.dataset['service'] === 'node'

let pace = new Pace()
let roster = rosterIn(kept())
/** @type {ClusterStatus | undefined} */
let shown
let announcedAtMs = -Infinity
let announced = ''
let running = new AbortController()

async function start() {
  running.abort()
  running = new AbortController()
  const { signal } = running
  try {
    const rights = await read('api/v1/rights')
    if (signal.aborted) return
    byId('key').hidden = true
    open(rights, signal)
  } catch (thrown) {
    if (signal.aborted) return
    if (thrown instanceof Refusal && [401, 403, 429].includes(thrown.status)) return askForKey(thrown)
    tellSource('lost', why(thrown))
    setTimeout(() => void start(), AGAIN_MS)
  }
}

/** @param {{ can: string[] }} rights @param {AbortSignal} signal */
function open({ can }, signal) {
  const mayMeasure = can.includes('metrics')
  for (const id of ['health', 'members', 'charts', 'events']) byId(id).hidden = !mayMeasure
  byId('elsewhere').hidden = isNode
  byId('live').hidden = !isNode || !can.includes('read')
  if (isNode) startKeys({ can })
  if (isNode && can.includes('read')) new Live().start(signal)
  if (!mayMeasure) return tellSource('live', 'This key may not see how the cluster is')
  const none = new AbortController()
  void follow('api/v1/status', {
    signal: AbortSignal.any([signal, none.signal]),
    silenceMaxMs: SILENCE_MAX_MS,
    onEvent: ({ data }) => show(JSON.parse(data)),
    onState(lost) {
      if (lost?.refusal?.status === 404) {
        none.abort()
        return tellNoMembers()
      }
      if (lost?.refusal !== undefined && [401, 403].includes(lost.refusal.status))
        return askForKey(lost.refusal)
      byId('health').classList.toggle('stale', lost !== undefined)
      if (lost === undefined) tellSource('live', 'Live')
      else
        tellSource(
          'lost',
          `Lost ${isNode ? 'this node' : 'uplink'}${shown ? ` at ${clockTime(shown.at)}` : ''}: trying again. ${lost.why}`,
        )
    },
  })
}

/** Where Redis keeps everything. */
function tellNoMembers() {
  for (const id of ['health', 'members', 'charts', 'events']) byId(id).hidden = true
  tellSource('live', 'This node has no members to show: Redis keeps its data')
}

/** @param {ClusterStatus} status */
function show(status) {
  shown = status
  pace.add(status)
  roster = note(roster, status)
  keepRoster()
  draw(status)
}

/** @param {ClusterStatus} status */
function draw(status) {
  const gone = missing(roster, status)
  const lately = pace.lately(status)
  const { wholeInSeconds, failing } = pace
  const health = healthOf({
    status,
    missing: gone,
    lately,
    ...(wholeInSeconds !== undefined && { wholeInSeconds }),
    ...(failing !== undefined && { failing }),
  })
  byId('health').dataset['level'] = health.level
  say(byId('sentence'), health.sentence)
  byId('more').hidden = health.more.length === 0
  keep(byId('more'), health.more, { id: (text) => text, make: (text) => element('li', {}, text) })
  say(byId('as-of'), `As ${status.by} sees it at ${clockTime(status.at)}, in epoch ${status.epoch}.`)
  announce(health)
  const rates = new Map(
    [...lately].flatMap(([id, one]) => (one?.perSecond === undefined ? [] : [[id, one.perSecond]])),
  )
  showMembers(status, gone, { rates, onDismiss: dismissed })
  showCharts(pace.samples)
  showEvents(status)
  const mark = { well: '', notice: '● ', trouble: '▲ ' }[health.level]
  document.title = `${mark}Larder ${status.by}`
  say(byId('service'), status.by)
}

/** @param {ClusterStatus} status */
function showEvents({ events, by }) {
  say(byId('events-by'), by)
  byId('events-none').hidden = events.length > 0
  keep(byId('event-rows'), events.slice(0, 20), {
    id: ({ at, id = '', what }) => `${at} ${id} ${what}`,
    make: ({ at, id = '', what, epoch }) =>
      element(
        'li',
        {},
        element('time', { datetime: at }, clockTime(at)),
        element('b', {}, id),
        element('span', { class: 'what' }, what),
        element('span', { class: 'faint' }, `epoch ${epoch}`),
      ),
  })
}

/** @param {string[]} ids */
function dismissed(ids) {
  roster = dismiss(roster, ids)
  keepRoster()
  if (shown) draw(shown)
  byId('health').focus()
}

/** @param {{ level: string, sentence: string }} health */
function announce({ level, sentence }) {
  const gist = level + sentence.replaceAll(/[\d.,]+/g, '')
  if (gist === announced || performance.now() - announcedAtMs < ANNOUNCED_MS) return
  announced = gist
  announcedAtMs = performance.now()
  say(byId('announced'), sentence)
}

/** @param {'connecting' | 'live' | 'lost'} state @param {string} text */
function tellSource(state, text) {
  const source = byId('source')
  if (source.dataset['state'] !== state && state === 'lost') say(byId('announced'), text)
  source.dataset['state'] = state
  say(byId('source-text'), text)
}

/** @param {Refusal} refusal */
function askForKey(refusal) {
  running.abort()
  for (const id of ['health', 'members', 'charts', 'events', 'live', 'keys', 'elsewhere'])
    byId(id).hidden = true
  byId('key').hidden = false
  const hasTried = field('key-text').value !== '' || refusal.status !== 401
  say(byId('key-problem'), hasTried ? refusal.message : '')
  tellSource('connecting', 'Waiting for a key')
  field('key-text').focus()
}

byId('key-form').addEventListener('submit', (event) => {
  event.preventDefault()
  showKey(field('key-text').value.trim())
  byId('forget').hidden = false
  void start().then(() => {
    if (byId('key').hidden) field('key-text').value = ''
  })
})
byId('forget').addEventListener('click', () => {
  showKey('')
  byId('forget').hidden = true
  pace = new Pace()
  shown = undefined
  void start()
})
byId('dismiss-all').addEventListener('click', () => {
  if (shown) dismissed(missing(roster, shown).map(({ id }) => id))
})

/** No keys are kept there, only who was seen. */
function kept() {
  try {
    return JSON.parse(localStorage.getItem(ROSTER) ?? 'null')
  } catch {
    return null
  }
}

function keepRoster() {
  try {
    localStorage.setItem(ROSTER, JSON.stringify(roster))
  } catch {
    // A browser that keeps nothing forgets it with the page.
  }
}

say(byId('service'), isNode ? 'node' : 'uplink')
void start()
