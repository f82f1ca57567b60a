/**
 * The file of a node, from the side of the event loop: every call is a message to the thread that reads and
 * writes. What is written goes over in small parts, so that requests are answered in between.
 */
import { Worker } from 'node:worker_threads'
import type { Batch } from './backlog.ts'
import type { Facts, Failure } from './database.ts'
import { type FileClock, factsOf } from './file-clock.ts'
import { bytesOfRow, type Row, type StoredRow } from './rows.ts'
import type { DiskAnswer, DiskCall } from './worker.ts'

/**
 * Rows and bytes that are handed over in one turn of the event loop, for each millisecond that the turn before has
 * taken: a busy node hands over more at once, or it would fall further and further behind.
 */
const ROWS_A_MS = 50
const BYTES_A_MS = 64 * 2 ** 10
/** As much as can be handed over in a few milliseconds. */
const TURN_MAX_MS = 40

export interface Opened {
  readonly rows: number
  /** Numbers that somebody had changed. */
  readonly adopted: number
  /** What the file remembers besides its rows. */
  readonly facts: Facts
}

export class Disk {
  readonly #worker: Worker
  readonly #time: FileClock
  readonly #pending: PromiseWithResolvers<unknown>[] = []
  #hasEnded = false

  constructor(path: string, time: FileClock) {
    this.#time = time
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: path })
    this.#worker.on('message', (answer: DiskAnswer) => {
      const call = this.#pending.shift()
      if ('error' in answer) call?.reject(new Error(answer.error))
      else call?.resolve(answer.result)
    })
    this.#worker.once('error', (cause) => this.#end(new Error('the thread of the disk broke', { cause })))
    this.#worker.once('exit', () => this.#end(new Error('the thread of the disk has ended')))
  }

  /** @throws with a message for whoever starts the node. */
  open(): Promise<Opened> {
    return this.#call<Opened>({ name: 'open' })
  }

  /** All that is stored, in chunks; the next one is read while one is being looked at. */
  async *read(): AsyncGenerator<StoredRow[]> {
    let next = this.#call<StoredRow[]>({ name: 'read' })
    for (;;) {
      const rows = await next
      if (rows.length === 0) return
      next = this.#call<StoredRow[]>({ name: 'read' })
      next.catch(() => {}) // Whoever asks for it sees the error.
      yield rows
    }
  }

  /**
   * Writes all of it in one transaction, except for the rows that fail, which are the result.
   * @throws when nothing of it could be written.
   */
  async write({ dropped, rows }: Batch): Promise<Map<Row, string>> {
    const failed = new Map<Row, string>()
    const left = rows[Symbol.iterator]()
    let count = 0
    let turnMs = 1
    do {
      const startedAtMs = performance.now()
      const part = takePart(left, turnMs)
      const isFirst = count === 0
      count += part.length
      const failures = await this.#call<Failure[]>({
        name: 'write',
        part: {
          isFirst,
          isLast: count === rows.size,
          dropped: isFirst ? [...dropped] : [],
          rows: part,
          facts: factsOf(this.#time.time),
        },
      })
      for (const { name, reason } of failures) {
        const row = rows.get(name)
        if (row !== undefined) failed.set(row, reason)
      }
      turnMs = Math.min(Math.max(1, performance.now() - startedAtMs), TURN_MAX_MS)
    } while (count < rows.size)
    return failed
  }

  async close(): Promise<void> {
    if (this.#hasEnded) return
    await this.#call({ name: 'close', facts: factsOf(this.#time.time) })
  }

  /** Ends the thread, whatever it does. */
  async abandon(): Promise<void> {
    await this.#worker.terminate()
  }

  #call<T>(call: DiskCall): Promise<T> {
    if (this.#hasEnded) return Promise.reject(new Error('the thread of the disk has ended'))
    const pending = Promise.withResolvers<unknown>()
    this.#pending.push(pending)
    this.#worker.postMessage(call)
    return pending.promise as Promise<T>
  }

  #end(error: Error): void {
    this.#hasEnded = true
    for (const call of this.#pending.splice(0)) call.reject(error)
  }
}

function takePart(rows: Iterator<Row>, turnMs: number): Row[] {
  const part: Row[] = []
  for (let bytes = 0; part.length < ROWS_A_MS * turnMs && bytes < BYTES_A_MS * turnMs; ) {
    const { value: row, done } = rows.next()
    if (done) break
    part.push(row)
    bytes += bytesOfRow(row)
  }
  return part
}
