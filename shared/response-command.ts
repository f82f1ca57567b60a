/** What is said of cached responses: what is asked for, what is forgotten, what is known of those that are stored. */

/** Whose response is asked for, and what upstream needs to give it. */
export interface ResponseQuery {
  readonly key: string
  readonly tenant: string
  /** With its `?`, or empty. */
  readonly query: string
  readonly authorization?: string
  /** The other headers that go to upstream, by their lower-case names, where the route has some go. */
  readonly headers?: Readonly<Record<string, string>>
  /** The path as the caller has written it, where that is not the key. */
  readonly path?: string
}

/** Which responses are forgotten. */
export interface Purge {
  /** Those of this tenant alone. */
  readonly tenant?: string
  /** Those alone that upstream has tagged so. */
  readonly tag?: string
  /** They are stale from now on, and may be given as long as what is stale may. */
  readonly isSoft?: boolean
}

/** What is known of a stored response besides what it says. */
export interface ResponseFacts {
  /** 200 where it is absent. */
  readonly status?: number
  /** How old it was when it came. */
  readonly ageMs?: number
  /** It counts as stale since it was stored for so long, whatever it says. */
  readonly staleAtMs?: number
  /** It is none itself: those that are there are told apart by these headers of the request. */
  readonly vary?: readonly string[]
}
