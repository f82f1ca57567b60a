/** What watchers are told, as server-sent events (HTML, section 9.2) and as messages: each once, however many are told. */
import { tagOf } from '../../shared/command.ts'
import { Pieces } from '../../shared/http/pieces.ts'
import { atOnce, type Steps } from '../../shared/steps.ts'
import { isGone, type There, type Told } from '../../shared/watching.ts'
import type { WatchEvent } from '../watching.ts'
import { endingText } from './api.ts'
import { tellingBase64 } from './base64.ts'
import { readingJson } from './json-data.ts'

/** Sooner than the three seconds that browsers wait unasked. */
const RETRY_MS = 1000
export const FIRST_TEXT = `retry: ${RETRY_MS}\n\n`

/** As server-sent events have it. */
export const eventBytes = onceEach((event) => Buffer.from(eventText(event)))

/** As a message of a WebSocket. */
export const eventMessage = onceEach(({ type, told, id }) => {
  const named = id === undefined ? '' : `,"id":"${id}"`
  if (type === 'beat') return Buffer.from(`{"event":"heartbeat"${named}}`)
  return Buffer.from(`{"event":"${type}"${named},"data":${told === undefined ? '{}' : toldJson(told)}}`)
})

function onceEach(bytesOf: (event: WatchEvent) => Buffer): (event: WatchEvent) => Buffer {
  const known = new WeakMap<WatchEvent, Buffer>()
  return (event) => {
    const bytes = known.get(event) ?? bytesOf(event)
    known.set(event, bytes)
    return bytes
  }
}

/** Without data an event would be passed over, and a comment is no event; its id counts all the same. */
function eventText({ type, told, id }: WatchEvent): string {
  const named = id === undefined ? '' : `id: ${id}\n`
  if (type === 'beat') return `: beat\n${named}\n`
  const data = told === undefined ? '{}' : toldJson(told)
  return `event: ${type}\n${named}data: ${data}\n\n`
}

/** As JSON. */
function toldJson(told: Told): string {
  if (isGone(told)) return JSON.stringify(told)
  const { kind, key } = told
  // What was stored as JSON may have line breaks in it, but only where there may be any white space.
  const begin = `{"kind":"${kind}","key":${JSON.stringify(key)}`
  return `${begin}${thereFields(told)}${endingText(told)}}`.replace(/[\r\n]+/g, ' ')
}

function thereFields(there: There): string {
  switch (there.kind) {
    case 'value':
      return `${atOnce(valueFields(there))},"etag":${JSON.stringify(tagOf(there.stamp))}`
    case 'counter':
      return `,"value":"${there.value}"`
    default: {
      const { user, reaction, count } = there
      return `,${JSON.stringify({ user, reaction, count }).slice(1, -1)}`
    }
  }
}

function* valueFields(value: Extract<There, { kind: 'value' }>): Steps<string> {
  const { contentType, body } = value
  const data = yield* readingJson(value)
  if (data !== undefined) return `,"data":${typeof data === 'string' ? data : Buffer.from(data).toString()}`
  const pieces = new Pieces()
  yield* tellingBase64(typeof body === 'string' ? Buffer.from(body) : body, pieces)
  const base64 = Buffer.concat([...pieces]).toString('latin1')
  return `,"base64":"${base64}","content_type":${JSON.stringify(contentType)}`
}
