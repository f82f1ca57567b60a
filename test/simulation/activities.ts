/** What clients do besides, where a part asks for it: each has books of its own. */
import { FAMILIES } from '../../node/entries/families.ts'
import type { Command } from '../../shared/command.ts'
import { slotOf } from '../../shared/placement.ts'
import type { Random } from '../durability/random.ts'
import type { Result } from './asking.ts'
import { Buckets } from './buckets.ts'
import { Chains } from './chains.ts'
import type { Ledger, Rules } from './ledger.ts'
import type { Life } from './life.ts'
import { Locks } from './locks.ts'
import { LARGE_VALUES, type Medium, PRESENCES, PURGED, RESPONSES, TURNS, VALUES } from './media.ts'
import type { Part } from './parts.ts'
import { judgeVersions, Versions } from './versions.ts'
import type { World } from './world.ts'

/** Of forgetting something; one of them is a purge, which many slots hear of. */
const WAYS = 6

/** A client, to those who act through it. */
export interface Hand {
  readonly world: World
  readonly random: Random
  readonly ledger: Ledger
  readonly number: number
  ask(command: Command): Promise<Result>
  rules(): Rules
  /** Those that it reaches. */
  members(): Life[]
}

export interface Activity {
  act(): Promise<void>
}

export function activitiesOf(parts: ReadonlySet<Part>, hand: Hand): Activity[] {
  const mayMiss = parts.has('full')
  const rows: readonly [Part, () => Activity[]][] = [
    [
      'ttl',
      () => [
        new Writing(hand, VALUES, { isLasting: false, mayMiss }),
        new Writing(hand, PRESENCES, { isLasting: false, mayMiss: false }),
      ],
    ],
    // A lock that may be evicted is none.
    ['conditions', () => (mayMiss ? [] : [new Locks(hand), new Chains(hand)])],
    ['responses', () => [new Writing(hand, RESPONSES, { isLasting: true, mayMiss: true })]],
    ['purges', () => [new Writing(hand, PURGED, { isLasting: true, mayMiss: true }), new LettingGo(hand)]],
    ['turns', () => [new Writing(hand, TURNS, { isLasting: false, mayMiss })]],
    ['limits', () => [new Buckets(hand)]],
    ['full', () => [new Writing(hand, LARGE_VALUES, { isLasting: true, mayMiss: true })]],
  ]
  return rows.flatMap(([part, activities]) => (parts.has(part) ? activities() : []))
}

const PLACES = 4
const TTL_MAX_MS = 3000

/** Writes one version after the other to places of its own, and reads those of all. */
class Writing implements Activity {
  readonly #hand: Hand
  readonly #medium: Medium
  readonly #options: { readonly isLasting: boolean; readonly mayMiss: boolean }
  readonly #places: Versions[]
  #made = 0

  constructor(hand: Hand, medium: Medium, options: { isLasting: boolean; mayMiss: boolean }) {
    this.#hand = hand
    this.#medium = medium
    this.#options = options
    this.#places = Array.from({ length: PLACES }, () => this.#newPlace())
  }

  async act(): Promise<void> {
    const { random } = this.#hand
    const index = random.below(PLACES)
    const place = this.#places[index]
    // What was forgotten is left alone for a while: something may bring it back.
    const isLeft = place?.isHere === false && place.next > 1 && random.below(3) > 0
    if (place === undefined || isLeft || random.below(2) === 0) return await this.#read()
    await this.#write(place)
    if (place.isRetired) this.#places[index] = this.#newPlace()
  }

  #newPlace(): Versions {
    const { number, ledger } = this.#hand
    const { prefix } = this.#medium
    const place = new Versions(`${prefix}${number}-${this.#made++}`, this.#options)
    ledger.places.push({ versions: place, medium: this.#medium })
    return place
  }

  async #write(place: Versions): Promise<void> {
    const { world, random, ledger, ask } = this.#hand
    const isHere = !place.isHere || random.below(3) > 0
    const ttlMs =
      this.#options.isLasting || random.below(3) === 0 ? Infinity : random.between(200, TTL_MAX_MS)
    const { name, next } = place
    const command = isHere
      ? this.#medium.write(name, next, ttlMs)
      : this.#medium.forget(name, random.below(WAYS))
    const version = place.begin({ isHere, begunAtMs: world.nowMs, ttlMs: isHere ? ttlMs : Infinity })
    const result = await ask(command)
    if ('reply' in result) {
      version.ackedAtMs = world.nowMs
      ledger.acknowledged++
    } else place.isRetired = true
  }

  async #read(): Promise<void> {
    const { world, random, ledger, ask, rules } = this.#hand
    const places = ledger.places.filter(({ medium }) => medium === this.#medium)
    const place = places[random.below(places.length)]
    if (place === undefined) return
    const { name } = place.versions
    const [before, fromMs] = [rules(), world.nowMs]
    ledger.reads++
    const result = await ask(this.#medium.read(name))
    if (!('reply' in result)) return
    const seen = this.#medium.seen(name, result.reply)
    const span = { fromMs, toMs: world.nowMs }
    judgeVersions(ledger, place.versions, seen, { span, before, now: rules() })
  }
}

/** An owner has no room for a response, or loses it in a doubt; whoever else has it knows nothing of that. */
class LettingGo implements Activity {
  readonly #hand: Hand

  constructor(hand: Hand) {
    this.#hand = hand
  }

  async act(): Promise<void> {
    const { random, ledger, members } = this.#hand
    const places = ledger.places.filter(({ medium }) => medium === PURGED)
    const key = places[random.below(places.length)]?.versions.name ?? ''
    const slot = slotOf(key)
    const owner = members().find(({ host, member }) => host.isRunning && member.slots.holdings.isOwn(slot))
    if (owner === undefined) return
    const { memory } = owner.member
    for (const id of [...memory.slots.responses.under(`${FAMILIES.response.letter}${key}\0`)]) {
      const entry = memory.slots.find(slot, id)
      if (entry !== undefined) memory.supersede({ slot, id, entry }, [])
    }
  }
}
