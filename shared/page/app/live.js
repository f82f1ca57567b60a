/** What is going on, as it happens: contents, who is engaged with them, and counters that run. */
import { read } from './calls.js'
import { byId, element, keep, say } from './dom.js'
import { follow } from './events.js'
import { clockTime, count } from './words.js'

/** @typedef {{ content_id: string, users: number, reaction_count: Record<string, number> }} Content */
/** @typedef {{ key: string, value: string, at: number, before: string | undefined }} Counter */
/** @typedef {{ number: number, at: number, user: string, reaction: string, key: string, count: number, isOver: boolean }} Happening */

const CONTENTS_SHOWN = 8
const SHOWN = 8
const COUNTERS_KEPT = 200
const SILENCE_MAX_MS = 25_000
/** So often is all of it asked for while something changes, and drawn. */
const ASKED_MS = 3000
const DRAWN_MS = 250

export class Live {
  /** @type {Content[]} */
  #contents = []
  /** @type {Happening[]} */
  #feed = []
  /** @type {Map<string, Counter>} The one that has moved last is the last. */
  #counters = new Map()
  #number = 0
  #isStale = true
  #askedAtMs = -Infinity
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #drawing

  /** @param {AbortSignal} signal */
  start(signal) {
    void follow('api/v1/watch?kinds=reaction,counter', {
      signal,
      silenceMaxMs: SILENCE_MAX_MS,
      onEvent: ({ type, data }) => this.#take(type, data),
      onState: (lost) => {
        if (lost === undefined && byId('activity-state').textContent !== '') this.#isStale = true
        say(byId('activity-state'), lost === undefined ? '' : `Changes are not told now. ${lost.why}`)
        this.#drawSoon()
      },
    })
    const asking = setInterval(() => this.#drawSoon(), ASKED_MS)
    signal.addEventListener('abort', () => clearInterval(asking), { once: true })
    this.#drawSoon()
  }

  /** @param {string} type @param {string} data */
  #take(type, data) {
    if (type === 'gap') this.#isStale = true
    if (type !== 'change' && type !== 'delete') return this.#drawSoon()
    const told = JSON.parse(data)
    const isOver = type === 'delete'
    if (told.kind === 'counter') this.#takeCounter(told, isOver)
    else if (told.kind === 'reaction') this.#takeReaction(told, isOver)
    this.#drawSoon()
  }

  /** @param {{ key: string, value: string }} told @param {boolean} isOver */
  #takeCounter({ key, value }, isOver) {
    const before = this.#counters.get(key)?.value
    this.#counters.delete(key)
    if (!isOver) this.#counters.set(key, { key, value, at: Date.now(), before })
    const [first] = this.#counters.keys()
    if (this.#counters.size > COUNTERS_KEPT && first !== undefined) this.#counters.delete(first)
  }

  /** @param {{ key: string, user: string, reaction: string, count?: number }} told @param {boolean} isOver */
  #takeReaction({ key, user, reaction, count = 0 }, isOver) {
    this.#isStale = true
    const happening = { number: this.#number++, at: Date.now(), user, reaction, key, count, isOver }
    this.#feed = [happening, ...this.#feed].slice(0, SHOWN)
    // What is known is told at once; who else is engaged, the next answer says.
    this.#contents = this.#contents.map((content) =>
      content.content_id === key
        ? { ...content, reaction_count: { ...content.reaction_count, [reaction]: count } }
        : content,
    )
  }

  /** However much happens. */
  #drawSoon() {
    this.#drawing ??= setTimeout(() => {
      this.#drawing = undefined
      this.#draw()
      void this.#ask()
    }, DRAWN_MS)
  }

  async #ask() {
    if (!this.#isStale || performance.now() - this.#askedAtMs < ASKED_MS) return
    this.#isStale = false
    this.#askedAtMs = performance.now()
    try {
      const { activity } = await read(`api/v1/activity?limit=${CONTENTS_SHOWN}`)
      this.#contents = activity
      this.#draw()
    } catch {
      this.#isStale = true // It is asked again.
    }
  }

  #draw() {
    keep(byId('contents'), this.#contents, {
      id: ({ content_id: id }) => id,
      make: ({ content_id: id }) =>
        element('li', {}, element('b', {}, id), element('span', { class: 'faint' }), element('span')),
      fill: (item, content) => fillContent(item, content),
    })
    keep(byId('feed'), this.#feed, {
      id: ({ number }) => String(number),
      make: (happening) => feedItem(happening),
    })
    keep(byId('counters'), [...this.#counters.values()].reverse().slice(0, SHOWN), {
      id: ({ key }) => key,
      make: ({ key }) =>
        element(
          'li',
          { class: 'fresh' },
          element('b', {}, key),
          element('span', { class: 'faint' }),
          element('span', { class: 'total' }),
        ),
      fill: (item, counter) => fillCounter(item, counter),
    })
    byId('contents-none').hidden = this.#contents.length > 0
    byId('feed-none').hidden = this.#feed.length > 0
    byId('counters-none').hidden = this.#counters.size > 0
  }
}

/** @param {HTMLElement} item @param {Content} content */
function fillContent(item, { users, reaction_count: counts }) {
  const [, who, tags] = item.children
  if (who) say(who, users === 1 ? '1 user' : `${count(users)} users`)
  if (tags)
    keep(
      tags,
      Object.entries(counts).filter(([, many]) => many > 0),
      {
        id: ([reaction]) => reaction,
        make: () => element('span', { class: 'tag' }),
        fill: (tag, [reaction, many]) => say(tag, `${reaction} ${count(many)}`),
      },
    )
}

/** @param {Happening} happening */
function feedItem({ at, user, reaction, key, count: many, isOver }) {
  const what = isOver
    ? `${user} is no longer at ${reaction} on ${key}: ${count(many)} now`
    : `${user}: ${reaction} on ${key}, ${count(many)} now`
  return element(
    'li',
    { class: 'fresh' },
    element('time', {}, clockTime(at)),
    element('span', { class: 'what' }, what),
  )
}

/** @param {HTMLElement} item @param {Counter} counter */
function fillCounter(item, { value, before, at }) {
  const [, moved, total] = item.children
  const by = before === undefined ? 0n : BigInt(value) - BigInt(before)
  if (total) say(total, value)
  if (moved) say(moved, `${by > 0n ? `+${by} ` : by < 0n ? `${by} ` : ''}at ${clockTime(at)}`)
}
