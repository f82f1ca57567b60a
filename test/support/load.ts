/**
 * Clients that write, delete and count while something happens to a cluster, and know what must be there at any time: each
 * has keys of its own, and asks whichever node it is sent to. Every increment is sent twice, with an idempotency key.
 */
const CLIENTS = 4
const KEYS_EACH = 40

interface Client {
  readonly name: string
  readonly values: Map<string, number | undefined>
  readonly totals: Map<string, number>
}

export class Load {
  /** What was answered otherwise than it must be. */
  readonly failures: string[] = []
  rounds = 0
  readonly #urls: () => readonly string[]
  readonly #headers: Readonly<Record<string, string>>
  readonly #clients: readonly Client[]
  readonly #running: Promise<unknown>
  #isOver = false

  /** `urls` are the nodes that requests are sent to, now; `headers` go with each. */
  constructor(urls: () => readonly string[], headers: Readonly<Record<string, string>> = {}) {
    this.#urls = urls
    this.#headers = headers
    this.#clients = Array.from({ length: CLIENTS }, (_, index) => ({
      name: `client-${index}`,
      values: new Map(),
      totals: new Map(),
    }))
    this.#running = Promise.all(this.#clients.map((client) => this.#run(client)))
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#running
  }

  /** What this node answers otherwise than it must. */
  async differences(url: string): Promise<string[]> {
    const found: string[] = []
    for (const { values, totals } of this.#clients) {
      for (const [key, value] of values) {
        const data = await this.#valueAt(url, key)
        if (data !== (value ?? null)) found.push(`${key} is ${data}, not ${value}`)
      }
      for (const [key, total] of totals) {
        const value = await this.#totalAt(url, key)
        if (value !== String(total)) found.push(`${key} is ${value}, not ${total}`)
      }
    }
    return found
  }

  async #run({ name, values, totals }: Client): Promise<void> {
    for (let round = 0; !this.#isOver; round++) {
      const [key, counter] = [`${name}:${round % KEYS_EACH}`, `${name}:count:${round % KEYS_EACH}`]
      await this.#try(async () => {
        const url = this.#pick(round)
        if (round % 3 === 2) await this.#expectOk(`${url}/api?key=${key}`, { method: 'DELETE' })
        else await this.#expectOk(`${url}/api`, sent({ key, data: round }))
        values.set(key, round % 3 === 2 ? undefined : round)
        const found = await this.#valueAt(this.#pick(round + 1), key)
        if (found !== (values.get(key) ?? null))
          throw new Error(`${key} was read as ${found} in round ${round}`)
      })
      await this.#try(async () => {
        const once = sent({ by: '1' }, { 'idempotency-key': `${name}-${round}` })
        for (const turn of [0, 1])
          await this.#expectOk(`${this.#pick(round + turn)}/api/v1/counters/${counter}`, once)
        totals.set(counter, (totals.get(counter) ?? 0) + 1)
      })
      this.rounds++
    }
  }

  async #try(run: () => Promise<void>): Promise<void> {
    try {
      await run()
    } catch (error) {
      this.failures.push(error instanceof Error ? error.message : String(error))
    }
  }

  async #expectOk(url: string, init: RequestInit): Promise<void> {
    const response = await fetch(url, { ...init, headers: { ...init.headers, ...this.#headers } })
    const text = await response.text()
    if (response.status !== 200) throw new Error(`${init.method} ${url}: ${response.status} ${text}`)
  }

  async #valueAt(url: string, key: string): Promise<unknown> {
    const response = await fetch(`${url}/api?key=${key}`, { headers: this.#headers })
    const body = (await response.json()) as { data?: unknown }
    if (response.status !== 200) throw new Error(`GET ${key}: ${response.status} ${JSON.stringify(body)}`)
    return body.data
  }

  async #totalAt(url: string, key: string): Promise<unknown> {
    const response = await fetch(`${url}/api/v1/counters/${key}`, { headers: this.#headers })
    const body = (await response.json()) as { value?: unknown }
    return body.value
  }

  #pick(turn: number): string {
    const urls = this.#urls()
    return urls[turn % urls.length] ?? ''
  }
}

function sent(body: object, headers: Record<string, string> = {}): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  }
}
