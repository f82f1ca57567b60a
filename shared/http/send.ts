/** How a body goes out behind its headers. */
import type { ServerResponse } from 'node:http'
import { Pieces } from './pieces.ts'
import type { ResponseBody } from './response.ts'

/** What is longer is sent as bytes behind the headers; what is shorter goes in one piece with them, which costs less. */
const PIECE_LENGTH_MAX = 2048
/** What is longer is not handed over at once, so that it is known how much of it is taken. */
const STEP_BYTES = 256 * 2 ** 10

/** What has not been handed over yet. */
export interface Sending {
  readonly left: number
}

const ALL_SENT: Sending = { left: 0 }

export function send(out: ServerResponse, body: ResponseBody | undefined): Sending {
  const only = body instanceof Pieces ? body.only : body
  if (body instanceof Pieces && only === undefined) return new SentInSteps(out, body)
  if (only instanceof Uint8Array && only.length > STEP_BYTES)
    return new SentInSteps(out, new Pieces().add(only))
  sendAtOnce(out, only)
  return ALL_SENT
}

function sendAtOnce(out: ServerResponse, body: string | Uint8Array | undefined): void {
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

class SentInSteps implements Sending {
  left: number
  readonly #out: ServerResponse
  readonly #steps: readonly Uint8Array[]
  #next = 0

  constructor(out: ServerResponse, body: Pieces) {
    this.#out = out
    this.left = body.bytes
    this.#steps = [...body].flatMap(stepsOf)
    this.#goOn()
  }

  /** As far as it is taken; whoever takes no more is somebody else's business. */
  #goOn(): void {
    for (;;) {
      const step = this.#steps[this.#next++]
      this.left -= step?.length ?? 0
      if (this.#next >= this.#steps.length) return void this.#out.end(step)
      if (!this.#out.write(step)) return void this.#out.once('drain', () => this.#goOn())
    }
  }
}

/** Views of it, each of which can be handed over at once. */
export function stepsOf(piece: Uint8Array): Uint8Array[] {
  const steps: Uint8Array[] = []
  for (let at = 0; at < piece.length; at += STEP_BYTES) steps.push(piece.subarray(at, at + STEP_BYTES))
  return steps
}
