/** What is wrong with a value is said in plain words, whatever looks at it. */
import { expect } from 'chai'
import { z } from 'zod'
import { sayMisfit } from '../../shared/misfit.ts'

const schema = z.object({
  name: z.string().min(1).max(3),
  code: z.string().min(2),
  count: z.int().min(1).max(9),
  ttl: z.number().positive(),
  soft: z.boolean(),
  kind: z.enum(['add', 'remove']),
  list: z.array(z.string()).min(1).max(2),
  rest: z.object({}),
  either: z.union([z.string(), z.int()]),
  path: z.string().startsWith('/', 'it begins with a slash'),
})

describe('what does not fit', () => {
  const said = (input: object) => {
    const { error } = schema.partial().safeParse(input, { error: sayMisfit })
    return error?.issues[0]?.message
  }

  for (const [input, words] of [
    [{ name: 5 }, 'text is needed'],
    [{ name: '' }, 'it is empty'],
    [{ name: 'four' }, '3 characters at most'],
    [{ code: '' }, '2 characters at least'],
    [{ count: '1' }, 'a number is needed'],
    [{ count: 1.5 }, 'an integer is needed'],
    [{ count: 0 }, '1 at least'],
    [{ count: 10 }, '9 at most'],
    [{ ttl: null }, 'a number is needed'],
    [{ ttl: 0 }, 'above 0'],
    [{ soft: 1 }, 'true or false is needed'],
    [{ kind: 'x' }, 'it has to be "add" or "remove"'],
    [{ list: {} }, 'a list is needed'],
    [{ list: [] }, 'it is empty'],
    [{ list: ['a', 'b', 'c'] }, '2 items at most'],
    [{ rest: [] }, 'an object is needed'],
    [{ either: true }, 'it is not what is needed here'],
    [{ path: 'x' }, 'it begins with a slash'],
  ] as const)
    it(`is said of ${JSON.stringify(input)}`, () => {
      expect(said(input)).to.equal(words)
    })
})
