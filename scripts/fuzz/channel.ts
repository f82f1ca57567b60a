/** Frames that are damaged, cut, too long or mere noise, on a channel that was opened with the right secret. */
import { CHANNEL_PATH, CHANNEL_PROTOCOL } from '../../node/cluster/peers/channel.ts'
import { CALL_PATHS, CALLS, FORMATS } from '../../node/cluster/wire/calls.ts'
import type { Random } from '../chaos/random.ts'
import type { Door } from './door.ts'
import { say } from './wire.ts'

const NOISE_BYTES_MAX = 300
const NOW = { nowMs: 0, wallMs: 0 }

export const CHANNEL: Door = {
  name: 'channel',
  async attempt({ port, secret }, random, name) {
    const head = [
      `GET ${CHANNEL_PATH} HTTP/1.1`,
      ...['host: larder', `authorization: Bearer ${secret}`],
      ...['connection: upgrade', `upgrade: ${CHANNEL_PROTOCOL}`],
    ]
    const messages = Array.from({ length: random.between(1, 4) }, () => messageOf(random, name))
    const sent = Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), ...messages])
    const { text, hangs } = await say(port, sent, random)
    if (hangs) return { sent, finding: 'the channel hangs' }
    if (!text.startsWith('HTTP/1.1 101 ')) return { sent, finding: `no channel: ${text.slice(0, 200)}` }
    return { sent }
  },
}

/** Its length, what it asks for, and a frame. */
function messageOf(random: Random, name: string): Buffer {
  const frame = random.below(4) === 0 ? noise(random) : damaged(random, wholeFrame(random, name))
  const head = Buffer.alloc(6)
  const lengths = [
    frame.length + 2,
    frame.length + 2,
    frame.length + 2,
    random.below(2 ** 31),
    0,
    1,
    2 ** 32 - 1,
  ]
  head.writeUInt32BE(random.pick(lengths))
  head.writeUInt16BE(random.pick([random.below(CALL_PATHS.length), random.below(2 ** 16)]), 4)
  return Buffer.concat([head, frame])
}

function wholeFrame(random: Random, name: string): Buffer {
  const preamble = { format: random.pick(FORMATS), epoch: random.below(3), time: random.below(2 ** 31) }
  const command = { type: 'value.get', key: name } as const
  const commands = [{ command, requestId: name, traced: false, remainingMs: 1000 }]
  if (random.below(2) === 0) return CALLS.execute.encodeRequest({ ...preamble, commands }, NOW)
  return CALLS.slots.encodeRequest({ ...preamble, from: name, message: { type: 'offer', slots: [] } }, NOW)
}

/** A few of its bytes are others, or it ends too early, or too late. */
function damaged(random: Random, whole: Buffer): Buffer {
  const frame = Buffer.from(whole)
  for (let left = random.below(5); left > 0; left--) frame[random.below(frame.length)] = random.below(256)
  const cut = random.pick([frame.length, frame.length, random.below(frame.length)])
  return Buffer.concat([frame.subarray(0, cut), ...(random.below(5) === 0 ? [noise(random)] : [])])
}

function noise(random: Random): Buffer {
  return Buffer.from(Array.from({ length: random.below(NOISE_BYTES_MAX) }, () => random.below(256)))
}
