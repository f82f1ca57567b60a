/** A connection on which any bytes are said, in pieces that chance makes, and what is heard until the other side closes it. */
import { connect } from 'node:net'
import { systemClock } from '../../shared/clock.ts'
import type { Random } from '../chaos/random.ts'

/** Whoever is told that nothing more comes has answered and closed by then. */
const HANG_MS = 10_000

export interface Heard {
  readonly text: string
  /** It was not closed in time. */
  readonly hangs: boolean
}

export async function say(port: number, said: Buffer, random: Random): Promise<Heard> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const socket = connect(port, '127.0.0.1')
  let [text, hangs] = ['', false]
  socket.setNoDelay(true).setEncoding('latin1')
  socket.on('data', (piece: string) => {
    text += piece
  })
  // Whoever refuses may close before all was said.
  socket.on('error', () => resolve()).on('close', () => resolve())
  for (const piece of piecesOf(said, random)) socket.write(piece)
  socket.end()
  const timer = systemClock.after(HANG_MS, () => {
    hangs = true
    resolve()
  })
  await promise
  timer.cancel()
  socket.destroy()
  return { text, hangs }
}

function piecesOf(said: Buffer, random: Random): Buffer[] {
  const cuts = Array.from({ length: random.below(4) }, () => random.below(said.length + 1))
  const ends = [...cuts.sort((one, other) => one - other), said.length]
  return ends.map((end, index) => said.subarray(ends[index - 1] ?? 0, end)).filter(({ length }) => length > 0)
}

/** The heads of the final answers in what was heard, and what is left over that is none. */
export function answersIn(text: string): { heads: string[]; rest: string } {
  const heads: string[] = []
  let rest = text
  for (;;) {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0 || !rest.startsWith('HTTP/1.1 ')) return { heads, rest }
    const head = rest.slice(0, end)
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
    rest = rest.slice(end + 4 + length)
    if (!/^HTTP\/1\.1 1/.test(head)) heads.push(head)
  }
}
