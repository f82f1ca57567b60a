/** What a batch can do with limits. */
import { parseKey } from './fields.ts'
import { limitShape, stateOf, takingIn } from './limits.ts'
import { type Op, taking } from './op.ts'

const limit: Op = {
  schema: taking('limit', limitShape),
  reading(fields) {
    const key = parseKey(fields.get('key'))
    const taken = takingIn(fields)
    return {
      command: { type: 'limit.take', key, ...taken },
      telling(reply, told) {
        const state = stateOf(taken, reply)
        told.add(JSON.stringify({ status: state.allowed ? 200 : 429, key, ...state }))
      },
    }
  },
}

export const LIMIT_OPS = { limit }
