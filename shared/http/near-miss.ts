/** A path at which there is nothing, and the one that was most likely meant. */
import { nearOf } from '../unknown-field.ts'
import type { Route } from './route.ts'

const PATH_LENGTH_MAX = 200

/** What whoever asked for it is told. */
export function nothingAt(path: string, routes: readonly Route[]): string {
  const told = path.length > PATH_LENGTH_MAX ? `${path.slice(0, PATH_LENGTH_MAX)}...` : path
  const meant = meantBy(path, routes)
  const instead = meant === undefined ? '' : ` Perhaps ${meant} is meant.`
  return `${told}: there is nothing here.${instead} See /openapi.json for all that there is.`
}

/** A path of the same kind, or of one that is called almost so; of these, one that goes on like it, of as many parts. */
function meantBy(path: string, routes: readonly Route[]): string | undefined {
  const [kind] = wordsOf(path)
  const templates = routes.flatMap(({ access, path }) => (access === 'member' ? [] : [path]))
  const kinds = new Set(templates.flatMap((template) => wordsOf(template)[0] ?? []))
  const near = kind === undefined ? '' : nearOf(kind, [...kinds])
  const meant = templates.filter((template) => wordsOf(template)[0] === (near || undefined))
  if (near === undefined) return undefined
  const { length, 1: word = '' } = wordsOf(path)
  const seconds = meant.flatMap((one) => wordsOf(one)[1] ?? [])
  const second = nearOf(word, seconds)
  const alike = meant.filter((one) => second === undefined || wordsOf(one)[1] === second)
  return alike.find((one) => wordsOf(one).length === length) ?? alike.at(0)
}

/** What stands between its slashes, without what all paths begin with. */
function wordsOf(path: string): string[] {
  return path.split('/').filter((word) => word !== '' && !/^(?:api|v\d+|larder)$/i.test(word))
}
