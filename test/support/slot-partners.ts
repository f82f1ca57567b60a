/**
 * The other members, as those who look after slots see them: what is said to them is noted, and they answer as a test
 * says. Without a word of it they are the best of partners.
 *
 *     partners.answers('b', { want: asOf(7) })     from now on, whatever came before
 *     partners.drops('b')                         what is said to it is lost: the sender waits for as long as it will
 *     partners.holds('b', 'want')                 the answer stays open until partners.releases('b')
 *     partners.refuses('b')                       nobody listens there
 *     partners.turnsDown('b', 'give')             it answers, and takes no such thing
 *     partners.slotsSaid('b', 'want')             the slots of each such message
 */
import { newContact } from '../../node/cluster/peers/contact.ts'
import { refusalOf } from '../../node/cluster/peers/refusal.ts'
import type { SlotPeer, SlotPeers } from '../../node/cluster/slots/slot-peers.ts'
import type { Check, SlotAnswer, SlotMessage, StreamItem, Worth } from '../../node/cluster/wire/slots.ts'
import type { SlotEntry } from '../../node/entries/entry.ts'
import type { Lapse } from '../../node/entries/standing.ts'
import { LarderError } from '../../shared/errors.ts'
import type { Member } from '../../shared/view.ts'
import type { FakeClock } from './clock.ts'

type Asked = Exclude<SlotMessage, { type: 'stream' }>
type Streamed =
  | ({ readonly type: 'check' } & Check)
  | { readonly type: 'changes'; readonly changes: readonly SlotEntry[] }
export type Said = Asked | Streamed
type Kind = Said['type']
type SaidOf<K extends Kind> = Extract<Said, { readonly type: K }>
/** The answer for each slot, or for the whole of what has one answer. */
type Rule = SlotAnswer | ((slot: number, said: Said) => SlotAnswer)
type Manner = 'answers' | 'drops' | 'holds' | 'refuses' | 'turns down'

const KINDS: readonly Kind[] = ['changes', 'check', 'give', 'want', 'mirror', 'mirrored', 'lack', 'offer']
const BEST: Readonly<Record<Kind, SlotAnswer>> = {
  changes: 'merged',
  check: 'same',
  give: 'merged',
  want: { asOf: Infinity, lapses: [], how: 'merged' },
  mirror: 'mirror',
  mirrored: 'merged',
  lack: 'keep',
  offer: 'drop',
}

/** To whoever wants a slot: a copy that had all by this view, given only where anything will do. */
export function asOf(order: number, lapses: readonly Lapse[] = [], how: Worth['how'] = 'merged') {
  return (_: number, said: Said): Worth => {
    const isGiven = order === Infinity || (said.type === 'want' && said.isAnyway)
    return { asOf: order, lapses, how: isGiven ? how : 'kept' }
  }
}

export class SlotPartners implements SlotPeers {
  /** All that was said to anybody, in its order. */
  readonly log: { readonly to: string; readonly said: Said }[] = []
  readonly #clock: FakeClock
  readonly #peers = new Map<string, SlotPeer>()
  readonly #rules = new Map<string, Rule[]>()
  readonly #manners = new Map<string, Manner>()
  readonly #open: { readonly id: string; readonly answer: () => void }[] = []

  constructor(clock: FakeClock) {
    this.#clock = clock
  }

  of(member: Member): SlotPeer {
    const peer = this.#peers.get(member.incarnation) ?? this.#partner(member)
    this.#peers.set(member.incarnation, peer)
    return peer
  }

  find(incarnation: string): SlotPeer | undefined {
    return this.#peers.get(incarnation)
  }

  /** Of several rules each is for one message, the last for all that follow. */
  answers(id: string, rules: { readonly [K in Kind]?: Rule | readonly Rule[] } = {}): void {
    const entries = Object.entries(rules)
    for (const [kind, rule] of entries) this.#rules.set(`${id} ${kind}`, [rule].flat())
    this.#behave('answers', id, entries.length === 0 ? KINDS : entries.map(([kind]) => kind))
  }

  drops(id: string, ...kinds: readonly Kind[]): void {
    this.#behave('drops', id, kinds)
  }

  holds(id: string, ...kinds: readonly Kind[]): void {
    this.#behave('holds', id, kinds)
  }

  refuses(id: string, ...kinds: readonly Kind[]): void {
    this.#behave('refuses', id, kinds)
  }

  turnsDown(id: string, ...kinds: readonly Kind[]): void {
    this.#behave('turns down', id, kinds)
  }

  /** What it has held back is answered, and what follows at once. */
  releases(id: string): void {
    this.answers(id)
    const open = this.#open.splice(0)
    for (const one of open) {
      if (one.id === id) one.answer()
      else this.#open.push(one)
    }
  }

  /** What it has held back for longest is answered, and no more. */
  releasesOldest(id: string): void {
    const index = this.#open.findIndex((one) => one.id === id)
    if (index >= 0) for (const { answer } of this.#open.splice(index, 1)) answer()
  }

  said(id: string, kind?: Kind): Said[] {
    const meant = this.log.filter(({ to, said }) => to === id && (kind === undefined || said.type === kind))
    return meant.map(({ said }) => said)
  }

  /** What was said of one kind, to anybody. */
  saidToAll<K extends Kind>(kind: K): { readonly to: string; readonly said: SaidOf<K> }[] {
    return this.log.flatMap(({ to, said }) => (isOfKind(said, kind) ? [{ to, said }] : []))
  }

  slotsSaid(id: string, kind?: Kind): number[][] {
    return this.said(id, kind).map(slotsOf)
  }

  /** What is said from now on is looked at for itself. */
  forget(): void {
    this.log.splice(0)
  }

  #behave(manner: Manner, id: string, kinds: readonly string[]): void {
    for (const kind of kinds.length === 0 ? KINDS : kinds) this.#manners.set(`${id} ${kind}`, manner)
  }

  #partner(member: Member): SlotPeer {
    const contact = newContact()
    return {
      member,
      contact,
      stream: (item, deadlineAtMs) => this.#hear(member, streamedOf(item), deadlineAtMs - this.#clock.now()),
      ask: (message, timeoutMs) => this.#hear(member, message, timeoutMs),
    }
  }

  #hear({ id }: Member, said: Said, timeoutMs: number): Promise<readonly SlotAnswer[]> {
    this.log.push({ to: id, said })
    const manner = this.#manners.get(`${id} ${said.type}`) ?? 'answers'
    if (manner === 'answers') return Promise.resolve(this.#answersTo(id, said))
    if (manner === 'turns down')
      return Promise.reject(refusalOf(id, { status: 500, body: Buffer.from('{"code":"INTERNAL"}') }))
    const silent = new LarderError('UNREACHABLE', `${id} says nothing.`)
    if (manner === 'refuses') return Promise.reject(silent)
    const { promise, resolve, reject } = Promise.withResolvers<readonly SlotAnswer[]>()
    const timer = this.#clock.after(timeoutMs, () => reject(silent))
    const answer = () => {
      timer.cancel()
      resolve(this.#answersTo(id, said))
    }
    if (manner === 'holds') this.#open.push({ id, answer })
    return promise
  }

  #answersTo(id: string, said: Said): SlotAnswer[] {
    const rules = this.#rules.get(`${id} ${said.type}`) ?? []
    const rule = (rules.length > 1 ? rules.shift() : rules[0]) ?? BEST[said.type]
    const slots = slotsOf(said)
    const answered = said.type === 'changes' || said.type === 'give' ? slots.slice(0, 1) : slots
    return answered.map((slot) => (typeof rule === 'function' ? rule(slot, said) : rule))
  }
}

function isOfKind<K extends Kind>(said: Said, kind: K): said is SaidOf<K> {
  return said.type === kind
}

function streamedOf(item: StreamItem): Streamed {
  return 'checks' in item ? { type: 'check', ...item } : { type: 'changes', ...item }
}

/** Which slots a message speaks of. */
function slotsOf(said: Said): number[] {
  switch (said.type) {
    case 'changes':
      return said.changes.map(({ slot }) => slot)
    case 'give':
      return said.entries.map(({ slot }) => slot)
    case 'check':
      return said.checks.map(([slot]) => slot)
    case 'lack':
    case 'mirrored':
      return [...said.slots]
    default:
      return said.slots.map(([slot]) => slot)
  }
}
