/** One who watches, and keeps a book of what he was told; where his stream ends he goes on at the next node. */
import { pause, systemClock } from '../../shared/clock.ts'

export interface Heard {
  readonly event: string
  readonly id: string | undefined
  readonly data: Record<string, unknown>
}

export interface BookOptions {
  /** Where he may ask, the first first. */
  readonly urls: readonly string[]
  /** As of `/api/v1/watch?prefix=a`. */
  readonly query?: string
  readonly since?: string
}

export class Book implements AsyncDisposable {
  readonly heard: Heard[] = []
  /** What stands where, as he was told last. */
  readonly now = new Map<string, Record<string, unknown>>()
  gaps = 0
  streams = 0
  beats = 0
  /** Of the last event that had one. */
  lastId: string | undefined
  readonly #options: BookOptions
  readonly #gone = new AbortController()
  readonly #begun = Promise.withResolvers<void>()
  #running: Promise<void> = Promise.resolve()

  private constructor(options: BookOptions) {
    this.#options = options
    this.lastId = options.since
  }

  /** Resolves once it has begun. */
  static async open(options: BookOptions): Promise<Book> {
    const book = new Book(options)
    book.#running = book.#run()
    await book.#begun.promise
    return book
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#gone.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { urls, query = '' } = this.#options
    const { signal } = this.#gone
    for (let place = 0; !signal.aborted; place = (place + 1) % urls.length) {
      try {
        const headers = this.lastId === undefined ? {} : { 'last-event-id': this.lastId }
        const response = await fetch(`${urls[place]}/api/v1/watch${query}`, { headers, signal })
        if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
        this.streams++
        await this.#read(response)
      } catch {
        await pause(systemClock, 50, signal)
      }
    }
  }

  async #read({ body }: Response): Promise<void> {
    let text = ''
    for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk
      for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
        this.#hear(text.slice(0, end))
        text = text.slice(end + 2)
      }
    }
  }

  #hear(block: string): void {
    const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line]))
    const of = (name: string) => fields.get(name)?.slice(name.length + 2)
    const id = of('id')
    if (id !== undefined) this.lastId = id
    if (of('retry') !== undefined) return
    this.#begun.resolve()
    const event = of('event')
    if (event === undefined || event === 'heartbeat') return void this.beats++
    const data = JSON.parse(of('data') ?? '')
    this.heard.push({ event, id, data })
    if (event === 'gap') this.#forget()
    if (event === 'change') this.now.set(nameOf(data), data)
    if (event === 'delete') this.now.delete(nameOf(data))
  }

  #forget(): void {
    this.gaps++
    this.now.clear()
  }
}

function nameOf({ key, kind, user, reaction }: Record<string, unknown>): string {
  return kind === 'reaction' ? `${key} ${reaction} ${user}` : `${key}`
}
