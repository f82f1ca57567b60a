/** One key: what is there, who holds it, and, with a key that may, changing it. */
import { ifThere, read, request, send, why } from './calls.js'
import { byId, element, field, say } from './dom.js'
import { follow } from './events.js'
import { count, duration, listed, size } from './words.js'

/** So much of a value is shown. */
const VALUE_SHOWN = 4000
const SILENCE_MAX_MS = 25_000
const SHOWN_MS = 500

/** @type {AbortController | undefined} Of what is watched for the key that is shown. */
let watching
/** @type {{ endsAtMs: number, fact: HTMLElement } | undefined} */
let ending
let isDue = false

/** @param {{ can: readonly string[] }} rights */
export function startKeys({ can }) {
  byId('keys').hidden = !can.includes('read') && !can.includes('write')
  byId('change').hidden = !can.includes('write') && !can.includes('clear')
  byId('of-key').hidden = !can.includes('write')
  byId('purge-form').hidden = !can.includes('clear')
  on('lookup-form', 'submit', () => lookUp(field('lookup-key').value))
  on('set-form', 'submit', set)
  on('delete', 'click', remove)
  on('increment', 'click', increment)
  on('purge-form', 'submit', purge)
}

setInterval(() => {
  if (ending === undefined) return
  const seconds = Math.max(0, (ending.endsAtMs - performance.now()) / 1000)
  say(ending.fact, seconds === 0 ? 'it ends now' : duration(seconds))
}, 1000)

/** @param {string} id @param {string} type @param {() => Promise<void>} run */
function on(id, type, run) {
  const target = byId(id)
  target[type === 'submit' ? 'onsubmit' : 'onclick'] = (event) => {
    event.preventDefault()
    void run()
  }
}

/** @param {string} key */
async function lookUp(key) {
  watching?.abort()
  watching = new AbortController()
  const { signal } = watching
  say(byId('lookup-problem'), '')
  await show(key, signal)
  if (signal.aborted || byId('found').hidden) return
  byId('lookup-outcome').textContent =
    `${key}: ${byId('found-value').hidden ? 'there is no value' : 'found'}.`
  field('change-key').value = key
  void follow(`api/v1/watch?key=${encodeURIComponent(key)}`, {
    signal,
    silenceMaxMs: SILENCE_MAX_MS,
    onEvent: () => showSoon(key, signal),
    onState() {},
  })
}

/** However often it changes. @param {string} key @param {AbortSignal} signal */
function showSoon(key, signal) {
  if (isDue) return
  isDue = true
  setTimeout(() => {
    isDue = false
    if (!signal.aborted) void show(key, signal)
  }, SHOWN_MS)
}

/** @param {string} key @param {AbortSignal} signal */
async function show(key, signal) {
  const name = encodeURIComponent(key)
  try {
    const [value, reactions, holders] = await Promise.all([
      ifThere(request(`api/v1/kv/${name}`).then(shownValue)),
      reactionsTo(key),
      ifThere(read(`api/v1/holders?key=${name}`)),
    ])
    if (signal.aborted) return
    byId('found').hidden = false
    say(byId('found-key'), key)
    showFacts({ value, reactions, holders })
  } catch (thrown) {
    if (signal.aborted) return
    byId('found').hidden = true
    say(byId('lookup-problem'), why(thrown))
  }
}

/** Most keys are no contents, which is no error. @param {string} key */
async function reactionsTo(key) {
  const answer = await send('POST', 'api/v1/batch', { ops: [{ op: 'reactions', key }] })
  const { results } = await answer.json()
  return results[0]?.status === 200 ? results[0] : undefined
}

/** @param {Response} response */
async function shownValue({ headers, body }) {
  const reader = body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    text += decoder.decode(part.value, { stream: true })
    if (text.length > VALUE_SHOWN) break
  }
  await reader?.cancel()
  const ttl = headers.get('larder-ttl')
  return {
    text: text.length > VALUE_SHOWN ? `${text.slice(0, VALUE_SHOWN)}…` : text,
    type: headers.get('content-type') ?? 'no type',
    bytes: Number(headers.get('content-length') ?? text.length),
    etag: headers.get('etag'),
    ttl: ttl === null ? undefined : Number(ttl),
  }
}

/**
 * @param {{ value: Awaited<ReturnType<typeof shownValue>> | undefined,
 *   reactions: { reaction_count: Record<string, number> } | undefined,
 *   holders: { slot: number, owner: string, holders: string[] } | undefined }} found
 */
function showFacts({ value, reactions, holders }) {
  const ttl = element('dd', {}, value?.ttl === undefined ? 'for ever' : duration(value.ttl))
  ending =
    value?.ttl === undefined ? undefined : { endsAtMs: performance.now() + 1000 * value.ttl, fact: ttl }
  const facts = [
    ...(value === undefined
      ? [['Value', 'there is none']]
      : [
          ['Type', `${value.type}, ${size(value.bytes)}`],
          ['Lives', ttl],
          ['Tag', value.etag ?? 'none'],
        ]),
    ...(reactions === undefined
      ? []
      : [
          [
            'Reactions',
            listed(Object.entries(reactions.reaction_count).map(([name, many]) => `${name} ${count(many)}`)),
          ],
        ]),
    ...(holders === undefined
      ? []
      : [
          ['Owner', holders.owner],
          ['Holders', listed(holders.holders)],
          ['Slot', String(holders.slot)],
        ]),
  ]
  byId('found-facts').replaceChildren(
    ...facts.flatMap(([name = '', fact = '']) => [
      element('dt', {}, name),
      typeof fact === 'string' ? element('dd', {}, fact) : fact,
    ]),
  )
  byId('found-value').hidden = value === undefined
  field('found-value').value = value?.text ?? ''
}

async function set() {
  const [key, text, ttl] = [field('change-key').value, field('set-value').value, field('set-ttl').value]
  const query = ttl === '' ? '' : `?ttl=${encodeURIComponent(ttl)}`
  const headers = { 'content-type': isJson(text) ? 'application/json' : 'text/plain; charset=utf-8' }
  const call = () =>
    request(`api/v1/kv/${encodeURIComponent(key)}${query}`, { method: 'PUT', headers, body: text })
  await change(call, key, () => `${key} is set.`)
}

async function remove() {
  const key = field('change-key').value
  if (key === '') return say(byId('change-outcome'), 'Which key? It is empty.')
  if (!(await isSure(`Delete ${key}?`))) return
  await change(
    () => request(`api/v1/kv/${encodeURIComponent(key)}`, { method: 'DELETE' }),
    key,
    () => `${key} is deleted.`,
  )
}

async function increment() {
  const [key, by] = [field('change-key').value, field('increment-by').value]
  if (key === '') return say(byId('change-outcome'), 'Which key? It is empty.')
  const call = async () => (await send('POST', `api/v1/counters/${encodeURIComponent(key)}`, { by })).json()
  await change(call, key, ({ value }) => `${key} is ${value} now.`)
}

async function purge() {
  const [by, text, soft] = [field('purge-what').value, field('purge-text').value, field('purge-soft').checked]
  if (!(await isSure(`Purge all responses of the ${by} ${text}?`))) return
  await change(
    () => send('POST', 'api/v1/purge', { [by]: text, soft }),
    undefined,
    () => `The ${by} ${text} is purged.`,
  )
}

/**
 * @template T
 * @param {() => Promise<T>} call @param {string | undefined} key @param {(answer: T) => string} outcome
 */
async function change(call, key, outcome) {
  const target = byId('change-outcome')
  target.className = ''
  say(target, '')
  try {
    const answer = await call()
    target.textContent = outcome(answer)
    if (key !== undefined && byId('found-key').textContent === key && watching)
      await show(key, watching.signal)
  } catch (thrown) {
    target.className = 'bad'
    target.textContent = why(thrown)
  }
}

/** @param {string} text */
function isJson(text) {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** @param {string} question @returns {Promise<boolean>} */
function isSure(question) {
  const dialog = /** @type {HTMLDialogElement} */ (byId('sure'))
  say(byId('sure-text'), question)
  dialog.returnValue = 'no'
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true })
  })
}
