/** A path that ends before its key: an answer that says so, instead of an unknown path. */
import type { Route } from '../../shared/http/route.ts'
import { keyNull } from './fields.ts'

export function keyless(path: string, methods: readonly Route['method'][]): Route[] {
  return methods.map((method) => ({
    method,
    path,
    summary: 'Says that a key is needed.',
    access: 'public',
    isForOthers: true,
    isUnlisted: true,
    answers: {},
    errors: ['KEY_NULL'],
    handle() {
      throw keyNull(`The key is missing: ${path}/{key}.`)
    },
  }))
}
