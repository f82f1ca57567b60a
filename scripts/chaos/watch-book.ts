/**
 * What somebody who watches a chaos run was told, and what he should have been. Pure.
 *
 * Since he has begun, or was told last that something is missing, all that is acknowledged is told. Several changes may be
 * told as the last; so once all is quiet what he was told last of each thing is what stands there.
 */
import type { Change } from '../../client/larder.ts'
import { HERE, presenceName, REACTION } from './records.ts'

/** Something that can be watched, and what is known of it once all is quiet. */
export interface Known {
  readonly name: string
  /** Empty for what is not there. */
  readonly found: string
  /** When the last change of it was begun that has been acknowledged, and is one for sure. */
  readonly changedAtMs: number
  /** What was there when all was quiet before. */
  readonly before?: { readonly found: string; readonly atMs: number } | undefined
}

export class WatchBook {
  readonly #told = new Map<string, string>()
  #sinceMs = Infinity
  #isWhole = false
  #gaps = 0

  /** From now on he is told. */
  begin(nowMs: number): void {
    this.#sinceMs = Math.min(this.#sinceMs, nowMs)
  }

  hear(change: Change, nowMs: number): void {
    if (change.type === 'gap') this.#forget(nowMs)
    else if (change.type === 'snapshot-end') this.#isWhole = true
    else if (isMeant(change)) this.#told.set(nameOf(change), stateOf(change))
  }

  /** What is wrong with what he was told of it, if anything. */
  judge({ name, found, changedAtMs, before }: Known): string | undefined {
    const told = this.#told.get(name) ?? (this.#isWhole ? '' : undefined)
    if (told === found) return undefined
    if (told !== undefined) return `told ${JSON.stringify(told)} last, and not ${JSON.stringify(found)}`
    const isChanged = before !== undefined && before.atMs > this.#sinceMs && before.found !== found
    return isChanged || changedAtMs > this.#sinceMs
      ? `told nothing, and not ${JSON.stringify(found)}`
      : undefined
  }

  /** How often he was told that something is missing, since this was last asked. */
  takeGaps(): number {
    const gaps = this.#gaps
    this.#gaps = 0
    return gaps
  }

  #forget(nowMs: number): void {
    this.#gaps++
    this.#sinceMs = nowMs
    this.#isWhole = false
    this.#told.clear()
  }
}

type About = Extract<Change, { readonly key: string }>

function isMeant(change: About): boolean {
  return change.kind !== 'reaction' || change.reaction === REACTION
}

function nameOf(change: About): string {
  return change.kind === 'reaction' ? presenceName(change.user, change.key) : change.key
}

function stateOf(change: About): string {
  if (change.type === 'delete') return ''
  return change.kind === 'reaction' ? HERE : String(change.value)
}
