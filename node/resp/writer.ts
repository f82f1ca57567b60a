/**
 * Replies as clients of Redis read them, in RESP2 or RESP3. All that is answered in one turn is written in one piece.
 *
 * What only RESP3 has is told in RESP2 as Redis tells it there: maps as lists, nothing as `$-1`, true as 1.
 */

export type Version = 2 | 3

/** What a command answers. Text and bytes are bulk strings. */
export type Reply =
  | string
  | Uint8Array
  | number
  | bigint
  | null
  | boolean
  | readonly Reply[]
  | Status
  | ErrorReply
  | Double
  | MapReply
  | SetReply
  | NoList
  | Verbatim

/** `+OK` and the like. */
export class Status {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export const OK = new Status('OK')

/** The first word of the text is its code, by which clients tell errors apart. */
export class ErrorReply {
  readonly text: string

  constructor(text: string) {
    this.text = text.replace(/[\r\n]+/g, ' ')
  }
}

export class Double {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }
}

export class MapReply {
  readonly entries: readonly (readonly [Reply, Reply])[]

  constructor(entries: readonly (readonly [Reply, Reply])[]) {
    this.entries = entries
  }
}

export class SetReply {
  readonly members: readonly Reply[]

  constructor(members: readonly Reply[]) {
    this.members = members
  }
}

export type ListReply = SetReply | readonly Reply[]

export function itemsOf(list: ListReply): readonly Reply[] {
  return list instanceof SetReply ? list.members : list
}

/** No list, where one could be. */
export class NoList {}

/** A reply that is put together already, for those who read this version. */
export class Encoded {
  readonly pieces: readonly Piece[]

  constructor(pieces: readonly Piece[]) {
    this.pieces = pieces
  }
}

/** A reply, as it comes or put together. */
export type Told = Reply | Encoded

/** Text that is shown to people as it is. */
export class Verbatim {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** Bytes that are longer are not copied, but written from where they lie. */
const COPIED_BYTES_MAX = 4 * 1024

/** Text of which each character is a byte, or bytes. */
export type Piece = string | Uint8Array

export class Writer {
  version: Version = 2
  readonly #pieces: Piece[] = []
  /** What is short is put together as text, a character a byte, which costs less than to fill buffers. */
  #text = ''
  /** Of the pieces. */
  #bytes = 0

  get isEmpty(): boolean {
    return this.bytes === 0
  }

  /** How much waits to be taken. */
  get bytes(): number {
    return this.#bytes + this.#text.length
  }

  /** All that was added since, to be written together. */
  take(): readonly Piece[] {
    this.#flushText()
    this.#bytes = 0
    return this.#pieces.splice(0)
  }

  add(reply: Told): void {
    if (typeof reply === 'string') this.#bulk(reply)
    else if (typeof reply === 'number' || typeof reply === 'bigint') this.#write(`:${reply}\r\n`)
    else if (reply === null) this.#write(this.version === 3 ? '_\r\n' : '$-1\r\n')
    else if (typeof reply === 'boolean') this.#boolean(reply)
    else if (reply instanceof Uint8Array) this.#bulkBytes(reply)
    else if (reply instanceof Status) this.#write(`+${asBytes(reply.text)}\r\n`)
    else if (reply instanceof ErrorReply) this.#write(`-${asBytes(reply.text)}\r\n`)
    else this.#addMore(reply)
  }

  #addMore(reply: Double | MapReply | SetReply | NoList | Verbatim | Encoded | readonly Reply[]): void {
    if (reply instanceof Encoded) for (const piece of reply.pieces) this.#piece(piece)
    else if (reply instanceof Double) this.#double(reply.value)
    else if (reply instanceof MapReply) this.#map(reply.entries)
    else if (reply instanceof NoList) this.#write(this.version === 3 ? '_\r\n' : '*-1\r\n')
    else if (reply instanceof Verbatim) this.#verbatim(reply.text)
    else this.#list(reply)
  }

  #list(list: ListReply): void {
    this.addHead(list)
    for (const reply of itemsOf(list)) this.add(reply)
  }

  /** What comes before the items of a list. */
  addHead(list: ListReply): void {
    const sign = list instanceof SetReply && this.version === 3 ? '~' : '*'
    this.#write(`${sign}${itemsOf(list).length}\r\n`)
  }

  #map(entries: readonly (readonly [Reply, Reply])[]): void {
    this.#write(this.version === 3 ? `%${entries.length}\r\n` : `*${entries.length * 2}\r\n`)
    for (const [key, value] of entries) {
      this.add(key)
      this.add(value)
    }
  }

  #boolean(value: boolean): void {
    if (this.version === 3) this.#write(value ? '#t\r\n' : '#f\r\n')
    else this.#write(value ? ':1\r\n' : ':0\r\n')
  }

  #double(value: number): void {
    const text = Number.isFinite(value) ? String(value) : value > 0 ? 'inf' : value < 0 ? '-inf' : 'nan'
    if (this.version === 3) this.#write(`,${text}\r\n`)
    else this.#bulk(text)
  }

  #verbatim(text: string): void {
    if (this.version === 3) this.#write(`=${Buffer.byteLength(text) + 4}\r\ntxt:${asBytes(text)}\r\n`)
    else this.#bulk(text)
  }

  #bulk(text: string): void {
    if (text.length > COPIED_BYTES_MAX) this.#bulkBytes(Buffer.from(text))
    else {
      const bytes = asBytes(text)
      this.#text += `$${bytes.length}\r\n${bytes}\r\n`
    }
  }

  #bulkBytes(bytes: Uint8Array): void {
    if (bytes.length <= COPIED_BYTES_MAX) {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
      this.#text += `$${text.length}\r\n${text}\r\n`
      return
    }
    this.#text += `$${bytes.length}\r\n`
    this.#piece(bytes)
    this.#text += '\r\n'
  }

  #piece(piece: Piece): void {
    this.#flushText()
    this.#pieces.push(piece)
    this.#bytes += piece.length
  }

  #write(text: string): void {
    this.#text += text
  }

  #flushText(): void {
    if (this.#text === '') return
    this.#pieces.push(this.#text)
    this.#bytes += this.#text.length
    this.#text = ''
  }
}

/** Its UTF-8, a character a byte: mostly that is the text itself. */
function asBytes(text: string): string {
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text).toString('latin1')
}
