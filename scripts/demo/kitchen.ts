/** A busy kitchen: cooks at their stations, gas valves, guests, orders and dishes. What it sends is noted. */
import { randomUUID } from 'node:crypto'
import type { Client } from './client.ts'

/** A phone or a sensor that has been silent for this long is no longer there. */
const PRESENCE_SECONDS = 2
/** Tickets and reactions can be looked at for this long after the play, and then leave the cluster by themselves. */
const AFTERGLOW_SECONDS = 120
/** Of so many increments one is sent twice at once, as by a waiter who was not sure. */
const TWICE_EVERY = 5
/** Beyond so many open tickets the oldest ones are served. */
const OPEN_TICKETS = 8
const GUESTS = 40

const COOKS = { Sam: 'Grill', Mia: 'Grill', Noor: 'Oven', Lev: 'Sauces', Ada: 'Sauces', Kofi: 'Pass' }
export const STATIONS: readonly string[] = [...new Set(Object.values(COOKS))]
export const VALVES = ['Front gas', 'Back gas']
export const DISHES = ['Stew', 'Dumplings', 'Curry', 'Paella', 'Plum pie']
export const ORDERS = 'Orders'
const SERVED = 'Served'
const GAS = 'Gas, litres'
const REACTIONS = ['fire', 'yum', 'heart']

/** What happens in each beat of an act. */
export interface Act {
  readonly title: string
  readonly orders: number
  readonly guests: number
  readonly silent?: string
  readonly isGasOff?: boolean
}

export interface Ticket {
  readonly name: string
  readonly data: { readonly dish: string }
  /** The node that took it. */
  readonly writtenAt: string
}

interface Reaction {
  readonly action: 'add' | 'remove'
  readonly content: string
  readonly user: string
  readonly reaction: string
  readonly ttl: number
}

export class Kitchen {
  /** Every key ends with this, so that two runs do not meet. */
  readonly #run = ` ${randomUUID().slice(0, 4)}`
  readonly #client: Client
  readonly #ttl: number
  readonly #totals = new Map([ORDERS, SERVED, GAS].map((name) => [name, 0]))
  readonly #tastes = new Set<string>()
  readonly #open: Ticket[] = []
  readonly #served: Ticket[] = []
  /** What was sent more than once may also arrive more than once, and late: it is not changed any more. */
  readonly #lastingTastes = new Set<string>()
  readonly #lastingTickets: Ticket[] = []
  #increments = 0
  #tickets = 0
  #guests = 0

  constructor(client: Client, seconds: number) {
    this.#client = client
    this.#ttl = Math.ceil(seconds) + AFTERGLOW_SECONDS
  }

  /** What the counters should say. */
  get totals(): readonly (readonly [name: string, total: number])[] {
    return [...this.#totals]
  }

  get openTickets(): readonly Ticket[] {
    return [...this.#lastingTickets, ...this.#open]
  }

  get servedTickets(): readonly Ticket[] {
    return this.#served
  }

  /** How many guests should react to the dish, and how. */
  countsOf(dish: string): Record<string, number> {
    const tastes = [...this.#tastes].map((taste) => taste.split('|')).filter(([name]) => name === dish)
    const countOf = (name: string) => tastes.filter(([, , reaction]) => reaction === name).length
    return Object.fromEntries(REACTIONS.map((name) => [name, countOf(name)]))
  }

  keyOf(name: string): string {
    return name + this.#run
  }

  /** The name in a key of this run; nothing for other keys. */
  nameIn(key: string): string | undefined {
    return key.endsWith(this.#run) ? key.slice(0, -this.#run.length) : undefined
  }

  async beat({ orders, guests, silent, isGasOff = false }: Act): Promise<void> {
    const cooks = Object.entries(COOKS).filter(([cook]) => cook !== silent)
    const ready = this.#open.splice(0, Math.max(0, this.#open.length - OPEN_TICKETS))
    await Promise.all([
      ...cooks.map(([cook, station]) => this.#appear(station, cook, 'here')),
      ...VALVES.map((valve) => (isGasOff ? this.#close(valve) : this.#appear(valve, 'sensor', 'open'))),
      ...(isGasOff ? [] : VALVES.map(() => this.#count(GAS, Math.ceil(Math.random() * 9)))),
      ...Array.from({ length: orders }, () => this.#order()),
      ...ready.map((ticket) => this.#serve(ticket)),
      ...Array.from({ length: guests }, () => this.#taste()),
    ])
  }

  /** Its key makes it harmless to send an increment again, to whichever node. */
  async #count(name: string, by: number): Promise<void> {
    this.#totals.set(name, (this.#totals.get(name) ?? 0) + by)
    const path = `/api/v1/counters/${encodeURIComponent(this.keyOf(name))}`
    const headers = { 'idempotency-key': randomUUID() }
    const times = ++this.#increments % TWICE_EVERY === 0 ? 2 : 1
    const send = () => this.#client.ask({ method: 'POST', path, body: { by: `${by}` }, headers })
    await Promise.all(Array.from({ length: times }, send))
  }

  async #order(): Promise<void> {
    const name = `Ticket ${++this.#tickets}`
    const data = { dish: anyOf(DISHES) }
    const body = { key: this.keyOf(name), data, ttl: this.#ttl }
    const written = this.#client.ask({ method: 'POST', path: '/api', body })
    const [{ node, isRepeated }] = await Promise.all([written, this.#count(ORDERS, 1)])
    const tickets = isRepeated ? this.#lastingTickets : this.#open
    tickets.push({ name, data, writtenAt: node.name })
  }

  async #serve(ticket: Ticket): Promise<void> {
    const path = `/api?key=${encodeURIComponent(this.keyOf(ticket.name))}`
    await Promise.all([this.#client.ask({ method: 'DELETE', path }), this.#count(SERVED, 1)])
    this.#served.push(ticket)
  }

  /** The next guest reacts to a dish, or takes it back. */
  async #taste(): Promise<void> {
    const [content, reaction, user] = [anyOf(DISHES), anyOf(REACTIONS), `guest ${this.#guests++ % GUESTS}`]
    const taste = [content, user, reaction].join('|')
    if (this.#lastingTastes.has(taste)) return
    const isNew = !this.#tastes.delete(taste)
    if (isNew) this.#tastes.add(taste)
    const action = isNew ? 'add' : 'remove'
    const isRepeated = await this.#react({ action, content, user, reaction, ttl: this.#ttl })
    if (isRepeated) this.#lastingTastes.add(taste)
  }

  #appear(content: string, user: string, reaction: string): Promise<boolean> {
    return this.#react({ action: 'add', content, user, reaction, ttl: PRESENCE_SECONDS })
  }

  #close(content: string): Promise<boolean> {
    return this.#react({ action: 'remove', content, user: 'sensor', reaction: 'open', ttl: PRESENCE_SECONDS })
  }

  /** @returns whether it had to be sent again. */
  async #react({ action, content, user, reaction, ttl }: Reaction): Promise<boolean> {
    const what = { content_id: this.keyOf(content), user_id: user, reaction_type: reaction }
    const body = { type: 'reaction', action, ...what, ttl }
    return (await this.#client.ask({ method: 'POST', path: '/api/v1/reaction', body })).isRepeated
  }
}

/** The first ones are the favourites. */
function anyOf(names: readonly string[]): string {
  return names[Math.floor(Math.random() ** 2 * names.length)] ?? ''
}
