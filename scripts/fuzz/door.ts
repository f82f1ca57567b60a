/** A door of a node by which strangers come, and what is tried there. Another protocol is another door, named in `doors.ts`. */
import type { Random } from '../chaos/random.ts'

/** What is tried. */
export interface Target {
  readonly port: number
  /** For clients of Redis. */
  readonly respPort: number
  readonly apiKey: string
  readonly secret: string
}

export interface Try {
  /** All that was sent, so that it can be looked at. */
  readonly sent: Buffer
  /** What should not have come of it, if something has. */
  readonly finding?: string | undefined
  /** Keys that nobody may have made by it. */
  readonly forbidden?: readonly string[]
}

export interface Door {
  readonly name: string
  /** One try, of which all follows from the chance that it is given. `name` is its own, among all of a run. */
  attempt(target: Target, random: Random, name: string): Promise<Try>
}
