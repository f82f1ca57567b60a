/** What a row takes on whose connections may leave HTTP for a protocol of their own (RFC 9110, section 7.8). */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Rights } from '../rights.ts'
import type { HttpResponse } from './response.ts'

/** To be told of every answer on such a connection, and of the row that would have given it in HTTP. */
export type Told = (row: ToldRow, startedAtMs: number, answer: HttpResponse) => void

export interface ToldRow {
  readonly method: string
  readonly path: string
  readonly isProbe?: boolean
}

export interface Upgrade {
  /** As the header calls it. */
  readonly protocol: string
  /** Whether it is spoken with whoever has sent this, and may do that; who is turned away is answered like anybody else. */
  isFor?(message: IncomingMessage, rights: Rights): boolean
  /** Speaks it from now on, with whoever has sent these. */
  take?(socket: Duplex, told: Told, headers: IncomingHttpHeaders): Upgraded
  /** The same where the protocol has a way of its own to say that it is spoken. */
  greet?(socket: Duplex, message: IncomingMessage, rights: Rights): Upgraded
}

export interface Upgraded {
  /** Of what is not whole yet, and what is not taken yet. */
  readonly bytes: number
  /** Ends the connection, after the answer that is under way. */
  close(): void
}
