/** What scripts answer: a list that begins with what it is; texts come as bytes, and numbers as numbers. */
import type { Stamp } from '../../shared/command.ts'

export type Part = Buffer | number | readonly Part[] | null
export type Parts = readonly Part[]

/** What it is, and the rest. */
export interface Answer {
  readonly type: string
  readonly parts: Parts
}

export function answerIn(told: unknown): Answer {
  const [type, ...parts] = told as Parts
  return { type: textOf(type), parts }
}

export function textOf(part: Part | undefined): string {
  return Buffer.isBuffer(part) ? part.toString() : String(part ?? '')
}

export function bytesOf(part: Part | undefined): Buffer {
  return Buffer.isBuffer(part) ? part : Buffer.from(textOf(part))
}

export function numberOf(part: Part | undefined): number {
  return Number(textOf(part))
}

export function listOf(part: Part | undefined): Parts {
  return Array.isArray(part) ? part : []
}

/** Written as `<time>-<origin>`. */
export function stampIn(text: string): Stamp {
  const end = text.indexOf('-')
  return { time: Number(text.slice(0, end)), origin: text.slice(end + 1) }
}

/** What PTTL tells: nothing of what never ends. */
export function lifeOf(part: Part | undefined): { readonly ttlMs?: number } {
  const ttlMs = numberOf(part)
  return ttlMs >= 0 ? { ttlMs } : {}
}

/** For how many whole milliseconds, as the engine has them: what lives at all lives for one at least. */
export function wholeMs(ttlMs: number | undefined): string {
  return ttlMs === undefined ? '' : String(Math.max(0, Math.ceil(ttlMs)))
}
