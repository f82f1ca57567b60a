/** What the cluster says, read through any node, beside what the kitchen has sent. */
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { pause, systemClock } from '../../shared/clock.ts'
import type { Client } from './client.ts'
import { DISHES, type Kitchen, STATIONS, type Ticket, VALVES } from './kitchen.ts'

/** Presences should be over sooner. */
const PRESENCES_END_MAX_MS = 10_000
const LOOK_EVERY_MS = 100
const CONTENTS_MAX = 1000

const Total = z.object({ value: z.string() }).optional()
const Entry = z.object({ node: z.string(), data: z.unknown() })
const Counts = z.record(z.string(), z.int())
const Content = z.object({ reaction_count: Counts }).optional()
const Engagement = z.object({ content_id: z.string(), users: z.int(), reaction_count: Counts })
const Activity = z.object({ activity: z.array(Engagement) })

/** A line of the books: a name, what was sent, and what the cluster says. */
export type Finding = readonly [name: string, sent: string, said: string]

/** What is going on. */
export interface Scene {
  readonly totals: readonly Finding[]
  /** The last one that was written. */
  readonly ticket: (Ticket & { said: string; owner: string; readAt: string }) | undefined
  readonly present: readonly Engaged[]
  /** Those with the most guests first. */
  readonly dishes: readonly Engaged[]
}

export interface Engaged {
  readonly name: string
  readonly users: number
  readonly counts: string
}

export class Books {
  readonly #client: Client
  readonly #kitchen: Kitchen

  constructor(client: Client, kitchen: Kitchen) {
    this.#client = client
    this.#kitchen = kitchen
  }

  async look(): Promise<Scene> {
    const [totals, ticket, engaged] = await Promise.all([this.#totals(), this.#lastTicket(), this.#engaged()])
    return {
      totals,
      ticket,
      present: [...STATIONS, ...VALVES].flatMap((name) => engaged.filter((row) => row.name === name)),
      dishes: engaged.filter(({ name }) => DISHES.includes(name)),
    }
  }

  async compare(): Promise<Finding[]> {
    const [totals, tickets, dishes, stations, valves] = await Promise.all([
      this.#totals(),
      this.#tickets(),
      Promise.all(DISHES.map((dish) => this.#dish(dish))),
      this.#present('Stations', STATIONS),
      this.#present('Gas valves', VALVES),
    ])
    return [...totals, tickets, ...dishes, stations, valves]
  }

  /** Resolves once nobody is at work any more, or when that should long have been so. */
  async untilNobodyIsThere(): Promise<void> {
    const givesUpAtMs = systemClock.now() + PRESENCES_END_MAX_MS
    while (systemClock.now() < givesUpAtMs) {
      const [, none, said] = await this.#present('all', [...STATIONS, ...VALVES])
      if (said === none) return
      await pause(systemClock, LOOK_EVERY_MS)
    }
  }

  #totals(): Promise<Finding[]> {
    const compare = async ([name, total]: readonly [string, number]): Promise<Finding> => {
      const path = `/api/v1/counters/${encodeURIComponent(this.#kitchen.keyOf(name))}`
      const said = Total.parse((await this.#client.ask({ path })).json)
      return [name, `${total}`, said?.value ?? '0']
    }
    return Promise.all(this.#kitchen.totals.map(compare))
  }

  async #tickets(): Promise<Finding> {
    const { openTickets, servedTickets } = this.#kitchen
    const read = async (ticket: Ticket) => ({ ticket, data: (await this.#read(ticket)).data })
    const open = await Promise.all(openTickets.map(read))
    const served = await Promise.all(servedTickets.map(read))
    const right = open.filter(({ ticket, data }) => isDeepStrictEqual(data, ticket.data)).length
    const gone = served.filter(({ data }) => data === null).length
    const textOf = (open: number, served: number) => `${open} open, ${served} served`
    return ['Tickets', textOf(open.length, served.length), textOf(right, gone)]
  }

  async #lastTicket(): Promise<Scene['ticket']> {
    const ticket = this.#kitchen.openTickets.at(-1)
    if (ticket === undefined) return undefined
    const { data, owner, readAt } = await this.#read(ticket)
    const name = this.#client.nodes.all.find(({ id }) => id === owner)?.name
    return { ...ticket, said: JSON.stringify(data), owner: name ?? owner, readAt }
  }

  async #read({ name }: Ticket): Promise<{ data: unknown; owner: string; readAt: string }> {
    const path = `/api?key=${encodeURIComponent(this.#kitchen.keyOf(name))}`
    const { node, json } = await this.#client.ask({ path })
    const { data, node: owner } = Entry.parse(json)
    return { data, owner, readAt: node.name }
  }

  async #engaged(): Promise<Engaged[]> {
    const { json } = await this.#client.ask({ path: `/api/v1/activity?limit=${CONTENTS_MAX}` })
    return Activity.parse(json).activity.flatMap(({ content_id, users, reaction_count }) => {
      const name = this.#kitchen.nameIn(content_id)
      return name === undefined ? [] : [{ name, users, counts: textOf(reaction_count) }]
    })
  }

  async #dish(name: string): Promise<Finding> {
    return [name, textOf(this.#kitchen.countsOf(name)), textOf(await this.#countsOf(name))]
  }

  /** Of these nobody is expected any more. */
  async #present(name: string, contents: readonly string[]): Promise<Finding> {
    const counts = await Promise.all(contents.map((content) => this.#countsOf(content)))
    const users = counts.flatMap(Object.values).reduce((sum, count) => sum + count, 0)
    return [name, 'nobody', users === 0 ? 'nobody' : `${users} still there`]
  }

  async #countsOf(content: string): Promise<z.infer<typeof Counts>> {
    const path = `/api/v1/reaction/reactions_count/${encodeURIComponent(this.#kitchen.keyOf(content))}`
    return Content.parse((await this.#client.ask({ path })).json)?.reaction_count ?? {}
  }
}

function textOf(counts: z.infer<typeof Counts>): string {
  const texts = Object.entries(counts).map(([name, count]) => (count > 0 ? `${name} ${count}  ` : ''))
  return texts.sort().join('').trimEnd() || 'nobody'
}
