/**
 * A stream of server-sent events (HTML, section 9.2), read by fetch, as `EventSource` shows no key: it goes on where it ended
 * when its source is back, and says when it has lost it.
 *
 * @typedef {{ type: string, data: string, id: string | undefined }} ServerEvent
 */
import { Refusal, request } from './calls.js'

const AGAIN_MS = 1000
const AGAIN_MAX_MS = 5000

/** Of text that arrives in any pieces, the events that are whole. */
export class EventReader {
  #rest = ''

  /** @param {string} text @returns {ServerEvent[]} */
  read(text) {
    const blocks = (this.#rest + text).split(/\r?\n\r?\n/)
    this.#rest = blocks.pop() ?? ''
    return blocks.flatMap((block) => {
      const lines = block.split(/\r?\n/)
      const field = (/** @type {string} */ name) =>
        lines.flatMap((line) =>
          line.startsWith(`${name}:`) ? line.slice(name.length + 1).replace(/^ /, '') : [],
        )
      const data = field('data')
      const [id] = field('id')
      return data.length === 0 && id === undefined
        ? []
        : [{ type: field('event').at(-1) ?? 'message', data: data.join('\n'), id }]
    })
  }
}

/**
 * Follows a stream until the signal ends it.
 *
 * @param {string} path
 * @param {{ signal: AbortSignal, silenceMaxMs: number, onEvent(event: ServerEvent): void,
 *   onState(lost: undefined | { why: string, refusal?: Refusal }): void }} options
 *   `onState` is called when it is lost, each time it could not be had again, and with nothing once it is back.
 */
export async function follow(path, { signal, silenceMaxMs, onEvent, onState }) {
  let [lastId, pauseMs] = ['', AGAIN_MS]
  while (!signal.aborted) {
    try {
      for await (const event of stream(path, { signal, silenceMaxMs, lastId })) {
        pauseMs = AGAIN_MS
        onState(undefined)
        if (event === undefined) continue
        lastId = event.id ?? lastId
        if (event.data !== '') onEvent(event)
      }
      if (!signal.aborted) onState({ why: 'It has ended the stream.' })
    } catch (thrown) {
      if (signal.aborted) return
      onState(
        thrown instanceof Refusal ? { why: thrown.message, refusal: thrown } : { why: 'It does not answer.' },
      )
    }
    await pause(pauseMs, signal)
    pauseMs = Math.min(2 * pauseMs, AGAIN_MAX_MS)
  }
}

/**
 * Also tells, with nothing, that something was heard at all.
 *
 * @param {string} path @param {{ signal: AbortSignal, silenceMaxMs: number, lastId: string }} options
 */
async function* stream(path, { signal, silenceMaxMs, lastId }) {
  const silence = new AbortController()
  const hear = () => {
    clearTimeout(timer)
    timer = setTimeout(() => silence.abort(), silenceMaxMs)
  }
  let timer = setTimeout(() => silence.abort(), silenceMaxMs)
  try {
    const response = await request(path, {
      headers: { accept: 'text/event-stream', ...(lastId !== '' && { 'last-event-id': lastId }) },
      signal: AbortSignal.any([signal, silence.signal]),
    })
    const events = new EventReader()
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    for (let read = await reader?.read(); read !== undefined && !read.done; read = await reader?.read()) {
      hear()
      yield undefined
      yield* events.read(read.value)
    }
  } finally {
    clearTimeout(timer)
  }
}

/** @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
}
