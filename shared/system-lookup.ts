/**
 * `lookup` of node:dns by way of `Names`: whatever connects asks it, be it a library that takes no other, as those for Kafka
 * and Redis do not. So nothing in this process looks a name up past them.
 */
import dns, { type LookupAddress, type LookupOptions } from 'node:dns'
import { isIP } from 'node:net'
import type { Address } from './lookups.ts'
import type { Names } from './names.ts'

type Answer = (error: Error | null, address?: string | LookupAddress[], family?: number) => void
type Lookup = (name: string, options: LookupOptions | number | Answer, answer?: Answer) => void

const askSystem = dns.lookup

/** From now on, for all of this process. */
export function lookUpBy(names: Pick<Names, 'find'>): void {
  Object.assign(dns, { lookup: lookupOf(names) })
}

/** To be called in all ways in which that of node:dns may be. */
export function lookupOf(names: Pick<Names, 'find'>): Lookup {
  return (name, given, answer) => {
    if (typeof given === 'function') return lookUp(names, name, {}, given)
    if (answer === undefined) throw new TypeError('lookup needs a callback')
    lookUp(names, name, typeof given === 'number' ? { family: given } : given, answer)
  }
}

function lookUp(names: Pick<Names, 'find'>, name: string, options: LookupOptions, answer: Answer): void {
  if (!name || isIP(name) !== 0) return void askSystem(name, options, answer)
  names.find(name).then(
    (addresses) => {
      const meant = addresses.filter((one) => isOf(one, options.family))
      const [first] = meant
      if (first === undefined) answer(withoutAddress(name, options))
      else if (options.all) answer(null, [...meant])
      else answer(null, first.address, first.family)
    },
    (error) => answer(error),
  )
}

function isOf({ family }: Address, wanted: LookupOptions['family'] = 0): boolean {
  return wanted === 0 || wanted === family || wanted === `IPv${family}`
}

function withoutAddress(hostname: string, { family }: LookupOptions): Error {
  const error = new Error(`${hostname} has no address of the family ${family}`)
  return Object.assign(error, { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname })
}
