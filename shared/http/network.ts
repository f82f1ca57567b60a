/** Whose address it is: of IPv6 the first 64 bits, as one host has all of the others (RFC 4291, section 2.5.4). */
import { isIPv6 } from 'node:net'

const GROUPS = 4

export function networkOf(address = ''): string {
  const [, v4] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? []
  if (v4 !== undefined || !isIPv6(address)) return v4 ?? address
  const [bare = ''] = address.split('%', 1)
  const [head = [], tail] = bare.split('::').map((groups) => (groups === '' ? [] : groups.split(':')))
  const zeros = tail === undefined ? 0 : 8 - head.length - tail.length
  return [...head, ...Array<string>(zeros).fill('0'), ...(tail ?? [])].slice(0, GROUPS).join(':')
}
