/**
 * What responses were last fetched with, so that they can be fetched anew when nobody asks. Kept in memory alone,
 * and only so much: what is forgotten here is not refreshed, but fetched when it is asked for.
 */
const PATHS_MAX = 1000
const RESPONSES_MAX = 100
/** A longer token is not remembered. */
const TOKEN_LENGTH_MAX = 4096

export interface Fetched {
  readonly key: string
  readonly tenant: string
  readonly query: string
  readonly authorization?: string
}

export class Tokens {
  readonly #byPath = new Map<string, Map<string, Fetched>>()

  /** The latest of each tenant and query counts. */
  remember({ key, tenant, query, authorization }: Fetched): void {
    if (authorization !== undefined && authorization.length > TOKEN_LENGTH_MAX) return
    const ofPath = this.#byPath.get(key) ?? new Map<string, Fetched>()
    put(ofPath, `${tenant}\0${query}`, { key, tenant, query, ...(authorization && { authorization }) })
    trim(ofPath, RESPONSES_MAX)
    put(this.#byPath, key, ofPath)
    trim(this.#byPath, PATHS_MAX)
  }

  /** Of all responses under this path. */
  of(key: string): Fetched[] {
    return [...(this.#byPath.get(key)?.values() ?? [])]
  }
}

/** As the latest. */
function put<T>(map: Map<string, T>, name: string, value: T): void {
  map.delete(name)
  map.set(name, value)
}

function trim<T>(map: Map<string, T>, max: number): void {
  const [oldest] = map.keys()
  if (map.size > max && oldest !== undefined) map.delete(oldest)
}
