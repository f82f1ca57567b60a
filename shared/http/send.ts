/** How a body goes out behind its headers. */
import type { ServerResponse } from 'node:http'
import type { HttpResponse } from './response.ts'

/** What is longer is sent as bytes behind the headers; what is shorter goes in one piece with them, which costs less. */
const PIECE_LENGTH_MAX = 2048

export function send(out: ServerResponse, body: HttpResponse['body']): void {
  if (body === undefined) return void out.end()
  const isShort = body.length <= PIECE_LENGTH_MAX
  if (typeof body === 'string') return void out.end(isShort ? body : Buffer.from(body))
  // In Latin-1 each byte is a character, so that it goes with the headers, which are text.
  if (isShort) return void out.end(textOf(body), 'latin1')
  out.end(body)
}

function textOf({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('latin1')
}
