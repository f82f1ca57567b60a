/**
 * The file of a node, from the side of the event loop: every call is a message to the thread that reads and
 * writes. What is written goes over in small parts, so that requests are answered in between.
 */
import { Worker } from 'node:worker_threads'
import type { Failure } from './database.ts'
import type { Row, StoredRow } from './rows.ts'
import type { Answer, Call } from './worker.ts'

/** Rows and bytes that are handed over in one turn of the event loop. */
const PART_ROWS = 200
const PART_BYTES = 256 * 2 ** 10

export interface Opened {
  readonly rows: number
  /** Numbers that somebody had changed. */
  readonly adopted: number
}

export class Disk {
  readonly #worker: Worker
  readonly #pending: PromiseWithResolvers<unknown>[] = []
  #hasEnded = false

  constructor(path: string) {
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: path })
    this.#worker.on('message', (answer: Answer) => {
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
  async write(dropped: readonly number[], rows: readonly Row[]): Promise<Map<Row, string>> {
    const failed = new Map<Row, string>()
    let start = 0
    do {
      const part = takePart(rows, start)
      const isFirst = start === 0
      const isLast = start + part.length === rows.length
      const failures = await this.#call<Failure[]>({
        name: 'write',
        part: { isFirst, isLast, dropped: isFirst ? dropped : [], rows: part },
      })
      for (const { index, reason } of failures) failed.set(part[index] as Row, reason)
      start += part.length
    } while (start < rows.length)
    return failed
  }

  async close(): Promise<void> {
    if (this.#hasEnded) return
    await this.#call({ name: 'close' })
  }

  /** Ends the thread, whatever it does. */
  async abandon(): Promise<void> {
    await this.#worker.terminate()
  }

  #call<T>(call: Call): Promise<T> {
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

function takePart(rows: readonly Row[], start: number): Row[] {
  const part: Row[] = []
  let bytes = 0
  for (let index = start; index < rows.length && part.length < PART_ROWS && bytes < PART_BYTES; index++) {
    const row = rows[index] as Row
    part.push(row)
    bytes += bytesOf(row)
  }
  return part
}

const ROW_BYTES = 250

/** What a row takes while it waits, roughly. */
export function bytesOf({ key, cells = [] }: Row): number {
  let bytes = ROW_BYTES
  for (const part of key) bytes += part.length
  for (const cell of cells) if (typeof cell === 'string' || cell instanceof Uint8Array) bytes += cell.length
  return bytes
}
