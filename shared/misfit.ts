/** What is wrong with a value that does not fit a schema, in our words; what a schema itself says of it comes first. */
import type { z } from 'zod'

const NEEDED: Readonly<Record<string, string>> = {
  string: 'text is needed',
  number: 'a number is needed',
  int: 'an integer is needed',
  boolean: 'true or false is needed',
  object: 'an object is needed',
  record: 'an object is needed',
  array: 'a list is needed',
}

/** To be given to `safeParse` as `error`. */
export function sayMisfit(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return NEEDED[issue.expected] ?? UNFIT
    case 'invalid_value':
      return `it has to be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`
    case 'too_small':
      return tooSmall(issue)
    case 'too_big':
      return `${issue.maximum}${UNITS[issue.origin] ?? ''} at most`
    case 'unrecognized_keys':
      return `${issue.keys.join(', ')}: there is no such field`
    default:
      return UNFIT
  }
}

const UNFIT = 'it is not what is needed here'
/** Of what has a length. */
const UNITS: Readonly<Record<string, string>> = { string: ' characters', array: ' items' }

type TooSmall = Pick<z.core.$ZodIssueTooSmall, 'origin' | 'minimum' | 'inclusive'>

function tooSmall({ origin, minimum, inclusive }: TooSmall): string {
  const unit = UNITS[origin]
  if (unit !== undefined) return minimum === 1 ? 'it is empty' : `${minimum}${unit} at least`
  return inclusive === true ? `${minimum} at least` : `above ${minimum}`
}
