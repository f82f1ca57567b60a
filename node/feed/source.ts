/**
 * What this member tells of the slots that it owns: every change that is applied here, be it written, deleted, ended by itself
 * or claimed by the budget. It notes what was changed, and whoever asks is told what has become of it.
 *
 * Nothing is noted while nobody watches, and for a while nobody has; then whoever asks for what came meanwhile has missed
 * it. For a while from its start on a member notes what it is told, so that whoever follows a member that has joined misses nothing.
 */
import type { Clock, Timer } from '../../shared/clock.ts'
import type { Eventual } from '../../shared/eventual.ts'
import type { Steps } from '../../shared/steps.ts'
import type { Turns } from '../../shared/turns.ts'
import type { FeedAnswer, FeedItem, FeedQuestion, Interest, Reason } from '../../shared/watching.ts'
import type { Change, Entry, SlotEntry } from '../entries/entry.ts'
import type { Presence } from '../entries/presence.ts'
import type { Memory } from '../memory/memory.ts'
import { covers, toldTo } from './interest.ts'
import { News } from './news.ts'
import { type About, type Mark, Ring, sizeOf } from './ring.ts'
import { scanning } from './scan.ts'
import { bytesOfTold, isWatchable, stateOf, timeOf } from './state.ts'

/** As long as nobody has asked for so long, what changes is noted. */
const LINGER_MS = 120_000
/** The others follow a member as soon as a view names it. */
const FIRST_MS = 10_000
const LOOK_EVERY_MS = 2000
/** What an answer carries. */
const ANSWER_BYTES_MAX = 2 ** 20
const LOOKED_MAX = 2000
const LOOKED_AT_ONCE = 50
/** How long it may take to know whether it owns anything. */
const CATCH_UP_MAX_MS = 2000
/** Who has not asked for so long does not any more. */
const ASKING_MS = 5000

export interface SourceOptions {
  readonly clock: Clock
  readonly turns: Turns
  readonly memory: Pick<Memory, 'slots' | 'keys'>
  /** The budget of all that is stored. */
  readonly bytesMax: number
  /** Whether this member owns the slot and has all of it. */
  isOwn(slot: number): boolean
  /** The same of one that knows that nobody else does by now: as it answers those who read. */
  isHere(slot: number): boolean
  /** Is over once it knows that again. @throws LarderError where it cannot. */
  catchUp(deadlineAtMs: number): Eventual<void>
  /** Is over once whatever is applied by now is acknowledged, or never will be. */
  untilSafe(): Eventual<unknown>
  /** Whether it has given up all slots, and will not have any again. */
  isLeaving(): boolean
}

type Changes = Extract<FeedQuestion, { type: 'changes' }>

interface Asking {
  readonly atMs: number
  readonly isDone: boolean
}

export class Source {
  readonly #options: SourceOptions
  readonly #ring: Ring
  readonly #news: News
  readonly #asking = new Map<string, Asking>()
  #isNoting = true
  #hasSkipped = false
  #lastAskedAtMs: number
  #timer: Timer | undefined

  constructor(options: SourceOptions) {
    this.#options = options
    this.#ring = new Ring(sizeOf(options.bytesMax))
    this.#news = new News(options.clock)
    this.#lastAskedAtMs = options.clock.now() - LINGER_MS + FIRST_MS
  }

  start(): void {
    this.#timer ??= this.#options.clock.every(LOOK_EVERY_MS, () => this.#look())
  }

  stop(): void {
    this.#timer?.cancel()
    this.wake()
  }

  get size(): number {
    return this.#ring.size
  }

  get bytes(): number {
    return this.#ring.bytes
  }

  /** Takes in what was applied. */
  note({ slot, id, entry, state }: Change): void {
    if (!this.#isNoting) this.#hasSkipped = true
    else if (entry.kind === 'reactions') this.#noteAll({ slot, id }, entry, 'deleted')
    else this.#note({ slot, id, reason: 'deleted', ...counted(state) })
  }

  /** Something has gone by itself, or had to: of a content, these. */
  noteGone({ slot, id, entry }: SlotEntry, reason: Reason, gone: Iterable<Presence> = []): void {
    if (!this.#isNoting) this.#hasSkipped = true
    else if (entry.kind === 'reactions') this.#noteAll({ slot, id }, gone, reason)
    else this.#note({ slot, id, reason, ...counted(entry) })
  }

  /** Whoever waits looks again: a view has come, or it is about to end. */
  wake(): void {
    this.#news.wake()
  }

  /** Whether all who ask were told everything; as long as there is more to come nobody waits for that. */
  get isToldAll(): boolean {
    if (!this.#options.isLeaving()) return true
    const sinceMs = this.#options.clock.now() - ASKING_MS
    return [...this.#asking.values()].every(({ atMs, isDone }) => isDone || atMs < sinceMs)
  }

  /** `from` is the life of whoever asks. */
  async answer(question: FeedQuestion, from: string): Promise<FeedAnswer> {
    this.#ask()
    if (question.type === 'state') return await this.#scan(question)
    const answer = await this.#changes(question, from)
    this.#ask()
    this.#asking.set(from, { atMs: this.#options.clock.now(), isDone: answer.isLast })
    return answer
  }

  async #scan({ slots, interest, after }: Extract<FeedQuestion, { type: 'state' }>): Promise<FeedAnswer> {
    const { turns, clock, memory, isHere, catchUp } = this.#options
    await catchUp(clock.now() + CATCH_UP_MAX_MS)
    const scan = scanning({ memory, slots, interest, after, isHere, now: () => clock.now() })
    const { items, next } = await turns.take('listing', scan)
    return {
      items: items.map((told) => ({ at: 0, told, time: 0 })),
      position: this.#ring.head,
      hasMissed: false,
      isMore: false,
      isLast: false,
      ...(next && { next }),
    }
  }

  async #changes({ after, interests, holdMs }: Changes, from: string): Promise<FeedAnswer> {
    const { clock, turns } = this.#options
    const untilMs = clock.now() + holdMs
    this.#news.letGo(from)
    if (after === undefined) return await this.#safely()
    for (let position = after; ; ) {
      const answer = await turns.take('changes', this.#after(position, interests))
      const { items, hasMissed, isMore, isLast } = answer
      const leftMs = untilMs - clock.now()
      if (items.length > 0 || hasMissed || isMore || isLast || leftMs <= 0) return answer
      position = answer.position
      // Something may have come while it was looked for.
      if (position === this.#ring.head && (await this.#news.wait(leftMs, from))) return answer
    }
  }

  /** Whatever comes after this position is acknowledged after it was asked for. */
  async #safely(): Promise<FeedAnswer> {
    const answer = this.#nothingMore
    await this.#options.untilSafe()
    return answer
  }

  *#after(after: number, interests: readonly Interest[]): Steps<FeedAnswer> {
    const none = this.#nothingMore
    if (!this.#ring.knows(after)) return { ...none, hasMissed: true }
    const marks = this.#ring.after(after).take(LOOKED_MAX).toArray()
    const items: FeedItem[] = []
    let bytes = 0
    for (const [index, mark] of marks.entries()) {
      if (index % LOOKED_AT_ONCE === LOOKED_AT_ONCE - 1) yield
      const item = this.#itemOf(mark, interests)
      if (item === 'missed') return { ...none, hasMissed: true }
      if (item !== undefined) {
        items.push(item)
        bytes += bytesOfTold(item.told)
      }
      if (bytes >= ANSWER_BYTES_MAX || index === LOOKED_MAX - 1)
        return { ...none, items, position: mark.at, isMore: true, isLast: false }
    }
    return { ...none, items }
  }

  /** All is told up to now. */
  get #nothingMore(): FeedAnswer {
    const isLast = this.#options.isLeaving()
    return { items: [], position: this.#ring.head, hasMissed: false, isMore: false, isLast }
  }

  /** What nobody has an interest in is no item. Of a slot that has gone on to others meanwhile it may be unknown here. */
  #itemOf(mark: Mark, interests: readonly Interest[]): FeedItem | 'missed' | undefined {
    const { memory, clock, isOwn } = this.#options
    const { at, slot, id } = mark
    if (!interests.some((interest) => covers(interest, id.slice(1)))) return undefined
    const entry = memory.slots.find(slot, id)
    if (entry === undefined && !isOwn(slot)) return 'missed'
    const told = stateOf(mark, entry, clock.now())
    if (told === undefined || interests.every((interest) => toldTo(interest, told) === undefined))
      return undefined
    return { at, told, time: timeOf(mark, entry) }
  }

  #ask(): void {
    this.#lastAskedAtMs = this.#options.clock.now()
    if (this.#isNoting) return
    this.#isNoting = true
    if (this.#hasSkipped) this.#ring.skip()
    this.#hasSkipped = false
  }

  /** What nobody asks for is not noted any longer. */
  #look(): void {
    const nowMs = this.#options.clock.now()
    for (const [from, { atMs }] of this.#asking) if (atMs < nowMs - ASKING_MS) this.#asking.delete(from)
    if (!this.#isNoting || nowMs - this.#lastAskedAtMs < LINGER_MS) return
    this.#isNoting = false
    this.#ring.clear()
  }

  #noteAll({ slot, id }: Pick<About, 'slot' | 'id'>, presences: Iterable<Presence>, reason: Reason): void {
    for (const { user, reaction } of presences) this.#note({ slot, id, user, reaction, reason })
  }

  /** What others own, they tell. */
  #note(about: About): void {
    if (!isWatchable(about.id) || !this.#options.isOwn(about.slot)) return
    this.#ring.note(about)
    this.#news.wake()
  }
}

/** What has turned into a value was one. */
function counted({ kind }: Entry): Pick<About, 'wasCounter'> {
  return kind === 'counter' ? { wasCounter: true } : {}
}
