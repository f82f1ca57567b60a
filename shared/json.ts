/**
 * JSON as text that is checked, and taken apart without being rebuilt.
 *
 * A value is kept as it was written: so its numbers survive, though a double could not hold them, and nothing
 * is spent on turning it into objects and back, which for deeply nested text takes seconds.
 */
import { isUtf8 } from 'node:buffer'

/** JSON as it was written, and what it says: as far as objects can hold that. */
export interface Json {
  readonly text: string
  readonly value: unknown
}

/** @throws SyntaxError saying what is wrong. */
export function parseJson(bytes: Uint8Array): Json {
  if (!isUtf8(bytes)) throw new SyntaxError('it is not valid UTF-8')
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  return { text, value: JSON.parse(text) }
}

/** The members of an object, each value as its own JSON text; `undefined` where the text is no object. */
export function membersOf(json: string): ReadonlyMap<string, string> | undefined {
  const opening = skipSpace(json, 0)
  if (json[opening] !== '{') return undefined
  const members = new Map<string, string>()
  let at = skipSpace(json, opening + 1)
  while (json[at] === '"') {
    const nameEnd = endOfString(json, at)
    const name: string = JSON.parse(json.slice(at, nameEnd))
    const start = skipSpace(json, skipSpace(json, nameEnd) + 1)
    const end = endOfValue(json, start)
    members.set(name, json.slice(start, end))
    at = skipSpace(json, skipSpace(json, end) + 1)
  }
  return members
}

/** The elements of an array, each as its own JSON text; `undefined` where the text is no array. */
export function elementsOf(json: string): string[] | undefined {
  const opening = skipSpace(json, 0)
  if (json[opening] !== '[') return undefined
  const elements: string[] = []
  let at = skipSpace(json, opening + 1)
  while (at < json.length && json[at] !== ']') {
    const end = endOfValue(json, at)
    elements.push(json.slice(at, end))
    const delimiter = skipSpace(json, end)
    if (json[delimiter] === ']') break
    at = skipSpace(json, delimiter + 1)
  }
  return elements
}

// What follows relies on the text being valid JSON.

function skipSpace(json: string, from: number): number {
  let at = from
  while (json.charCodeAt(at) <= 0x20) at++
  return at
}

function endOfString(json: string, opening: number): number {
  let at = opening + 1
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at + 1
}

function endOfValue(json: string, start: number): number {
  if (json[start] === '"') return endOfString(json, start)
  let depth = 0
  let at = start
  while (at < json.length) {
    const character = json[at]
    if (character === '"') {
      at = endOfString(json, at)
      continue
    }
    if (depth === 0 && at > start && DELIMITERS.has(character)) return at
    if (character === '{' || character === '[') depth++
    if (character === '}' || character === ']') {
      depth--
      if (depth === 0) return at + 1
    }
    at++
  }
  return at
}

/** What ends a number, `true`, `false` or `null`. */
const DELIMITERS: ReadonlySet<string | undefined> = new Set([',', ']', '}', ' ', '\n', '\r', '\t'])
