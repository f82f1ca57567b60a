/** Watching, as every door sees it: whoever wants to know is told of changes until he goes, whichever protocol that is told in. */
import type { LarderError } from '../shared/errors.ts'
import type { Interest, Told } from '../shared/watching.ts'

/** `id` is what to go on from; absent where that would leave something out. */
export interface WatchEvent {
  readonly type: 'change' | 'delete' | 'snapshot-end' | 'gap' | 'beat'
  readonly told?: Told
  readonly id?: string
}

/** Whoever is told. */
export interface Audience {
  /** From where it watches. */
  readonly address: string
  /** Never throws. */
  tell(event: WatchEvent): void
  /** What of it is not taken yet. */
  readonly bytes: number
  /** Is over once all of it is taken, or nobody will take it any more. */
  drained(): Promise<void>
  /** There is nothing more to come here: he may go on elsewhere. */
  end(): void
}

export interface Asked {
  readonly interest: Interest
  /** An id to go on from. */
  readonly since?: string
  /** Whether the state as of now comes first, and after every gap. */
  readonly hasSnapshot: boolean
}

export interface Watching {
  /** Why nobody from this address can be told anything now: OVERLOADED, NOT_READY. */
  refusal(address: string): LarderError | undefined
  /** The same as what it throws, which is noted. */
  admit(address: string): void
  /** From now on the audience is told; what is returned stops it. */
  watch(asked: Asked, audience: Audience): () => void
}
