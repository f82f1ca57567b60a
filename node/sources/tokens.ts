/**
 * What responses were last fetched with, so that they can be fetched anew when nobody asks. Kept in memory alone,
 * and only so much: what is forgotten here is not refreshed, but fetched when it is asked for.
 */
import type { ResponseQuery } from '../../shared/response-command.ts'

const RESPONSES_MAX = 100
/** A longer token is not remembered. */
const TOKEN_LENGTH_MAX = 4096
/** What one takes beyond its texts, and a path beyond its own: measured on Node 26. */
const FETCHED_BYTES = 250
const PATH_BYTES = 350

export class Tokens {
  readonly #bytesMax: number
  readonly #byPath = new Map<string, Map<string, ResponseQuery>>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The latest of each tenant and query counts. */
  remember({ key, tenant, query, authorization, headers, path }: ResponseQuery): void {
    const more = {
      ...(authorization && { authorization }),
      ...(headers && { headers }),
      ...(path && { path }),
    }
    const fetched = { key, tenant, query, ...more }
    if (bytesOf(fetched) - bytesOf({ key, tenant, query }) > TOKEN_LENGTH_MAX) return
    const ofPath = this.#byPath.get(key) ?? new Map<string, ResponseQuery>()
    const name = nameOf(fetched)
    this.#forget(ofPath, name)
    ofPath.set(name, fetched)
    this.#bytes += bytesOf(fetched)
    if (ofPath.size > RESPONSES_MAX) this.#forget(ofPath, oldestOf(ofPath))
    if (!this.#byPath.delete(key)) this.#bytes += PATH_BYTES
    this.#byPath.set(key, ofPath)
    while (this.#bytes > this.#bytesMax) this.#forgetPath(oldestOf(this.#byPath))
  }

  /** What this was last fetched with. */
  find(wanted: ResponseQuery): ResponseQuery | undefined {
    return this.#byPath.get(wanted.key)?.get(nameOf(wanted))
  }

  /** Of all responses under this path. */
  of(key: string): ResponseQuery[] {
    return [...(this.#byPath.get(key)?.values() ?? [])]
  }

  #forget(ofPath: Map<string, ResponseQuery>, name: string | undefined): void {
    const fetched = name === undefined ? undefined : ofPath.get(name)
    if (name === undefined || fetched === undefined) return
    ofPath.delete(name)
    this.#bytes -= bytesOf(fetched)
  }

  #forgetPath(key: string | undefined): void {
    const ofPath = key === undefined ? undefined : this.#byPath.get(key)
    if (key === undefined || ofPath === undefined) return
    for (const name of ofPath.keys()) this.#forget(ofPath, name)
    this.#byPath.delete(key)
    this.#bytes -= PATH_BYTES
  }
}

function nameOf({ tenant, query }: ResponseQuery): string {
  return `${tenant}\0${query}`
}

function bytesOf({ key, tenant, query, authorization = '', headers = {}, path = '' }: ResponseQuery): number {
  const texts = [key, tenant, query, authorization, path, ...Object.entries(headers).flat()]
  return texts.reduce((sum, text) => sum + text.length, FETCHED_BYTES)
}

function oldestOf(map: ReadonlyMap<string, unknown>): string | undefined {
  return map.keys().next().value
}
