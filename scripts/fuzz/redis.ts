/** Commands of Redis that are damaged, cut, announced and never sent, or mere noise; without a key none of them is carried out. */
import type { Random } from '../chaos/random.ts'
import type { Door } from './door.ts'
import { say } from './wire.ts'

const NOISE_BYTES_MAX = 200
const NAMES = [
  'GET',
  'SET',
  'MSET',
  'INCR',
  'SADD',
  'SINTERSTORE',
  'SPOP',
  'SCAN',
  'EXPIRE',
  'RESTORE',
  'HELLO',
  'CLIENT',
  'COMMAND',
  'LCS',
]

export const REDIS: Door = {
  name: 'redis',
  async attempt({ respPort, apiKey }, random, name) {
    const isKeyed = random.below(2) === 0
    const commands = Array.from({ length: random.between(1, 6) }, () => commandOf(random, name))
    const sent = Buffer.concat([...(isKeyed ? [encoded(['AUTH', apiKey])] : []), ...commands])
    const { text, hangs } = await say(respPort, sent, random)
    if (hangs) return { sent, finding: 'the door for clients of Redis hangs' }
    if (/INTERNAL|details are in the log/.test(text))
      return { sent, finding: `something was not foreseen: ${text.slice(0, 200)}` }
    return isKeyed ? { sent } : { sent, forbidden: [name] }
  },
}

function commandOf(random: Random, name: string): Buffer {
  const words = Array.from({ length: random.below(5) }, () =>
    random.pick([
      name,
      '1',
      '-1',
      '0',
      'EX',
      'NX',
      '*',
      '\0\xff',
      '9223372036854775808',
      ''.padEnd(random.below(300), 'x'),
    ]),
  )
  const whole = encoded([random.pick(NAMES), ...words])
  switch (random.below(6)) {
    case 0:
      return Buffer.from(Array.from({ length: random.below(NOISE_BYTES_MAX) }, () => random.below(256)))
    case 1:
      return whole.subarray(0, random.below(whole.length))
    case 2: {
      for (let left = random.between(1, 4); left > 0; left--)
        whole[random.below(whole.length)] = random.below(256)
      return whole
    }
    case 3:
      return Buffer.from(`${random.pick(NAMES)} ${words.join(' ')}\r\n`, 'latin1')
    default:
      return whole
  }
}

function encoded(words: readonly string[]): Buffer {
  const parts = words.map((word) => `$${word.length}\r\n${word}\r\n`)
  return Buffer.from(`*${words.length}\r\n${parts.join('')}`, 'latin1')
}
