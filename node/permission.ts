/**
 * Whether a caller may have a command carried out: the one place that decides it, for every door. What is about a key is
 * refused as a whole; what tells of many keys tells the caller of his own.
 */
import {
  type ClusterCommand,
  type Command,
  type CommandOf,
  familyOfCommand,
  isWrite,
  rightsFor,
} from '../shared/command.ts'
import { LarderError } from '../shared/errors.ts'
import { EVERYTHING, type Rights } from '../shared/rights.ts'
import type { Interest } from '../shared/watching.ts'

/** The command, or what of it is the caller's. @throws LarderError FORBIDDEN. */
export function permitted(command: Command, rights: Rights): Command {
  if (rights === EVERYTHING) return command
  if (command.type === 'together') for (const one of command.commands) permitted(one, rights)
  const needed = rightsFor(command)
  if (!needed.some((right) => rights.can.has(right)))
    throw forbidden(`it has not the right to ${needed.join(' or ')}`)
  if (command.type === 'responses.clear' || familyOfCommand(command) === 'response') {
    checkTenant('tenant' in command ? command.tenant : undefined, rights)
    return command
  }
  const { prefix } = rights
  if (prefix === undefined) return command
  if (!('key' in command)) return narrowed(command, prefix)
  checkKey(command.key, rights)
  return command
}

/** What of it the caller may be told of. @throws LarderError FORBIDDEN. */
export function permittedInterest(interest: Interest, { can, prefix }: Rights): Interest {
  if (!can.has('read')) throw forbidden('it has not the right to read')
  const { prefix: asked, key } = interest
  if (prefix === undefined || (key ?? asked).startsWith(prefix)) return interest
  if (key === undefined && prefix.startsWith(asked)) return { ...interest, prefix }
  throw outside(prefix)
}

/** Whether he may be told of the key, or what is kept under it. @throws LarderError FORBIDDEN. */
export function checkKey(key: string, { prefix }: Rights): void {
  if (prefix !== undefined && !key.startsWith(prefix)) throw outside(prefix)
}

type OfMany = Exclude<ClusterCommand, CommandOf<'responses.clear'>>

/** What tells of many tells of no others; what changes many has to be about no others. */
function narrowed(command: OfMany, prefix: string): OfMany {
  const { prefix: asked = '' } = command
  if (asked.startsWith(prefix)) return command
  if (!isWrite(command) && prefix.startsWith(asked)) return { ...command, prefix }
  throw outside(prefix)
}

function outside(prefix: string): LarderError {
  return forbidden(`it is for what begins with ${JSON.stringify(prefix)}`)
}

/** Without one those of all are meant; an empty one is that of what is nobody's, and the same for all. */
function checkTenant(tenant: string | undefined, { orgId, tenants }: Rights): void {
  if (tenant === undefined) {
    if (orgId !== undefined) throw forbidden(`it is for the tenant ${orgId}, and this is about all`)
  } else if (tenant !== '' && tenants?.has(tenant) === false)
    throw forbidden(
      orgId === undefined ? 'no key names this tenant' : `it is for the tenant ${orgId}, and for no other`,
    )
}

function forbidden(why: string): LarderError {
  return new LarderError('FORBIDDEN', `This key may not do that: ${why}.`)
}
