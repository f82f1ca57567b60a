/** What schedules have shown, added up. */
import type { Outcome } from '../test/simulation/schedule.ts'

export class Tally {
  schedules = 0
  readonly bad: Outcome[] = []
  acknowledged = 0
  #unknown = 0
  #reads = 0
  #virtualMs = 0
  #events = 0
  #latestMs = 0

  add(outcome: Outcome): void {
    this.schedules++
    if (outcome.findings.length > 0) this.bad.push(outcome)
    this.acknowledged += outcome.acknowledged
    this.#unknown += outcome.unknown
    this.#reads += outcome.reads
    this.#virtualMs += outcome.virtualMs
    this.#events += outcome.steps
    this.#latestMs = Math.max(this.#latestMs, outcome.latestMs)
  }

  text(elapsedMs: number): string {
    const hours = this.#virtualMs / 3_600_000
    return [
      `${this.schedules} schedules in ${(elapsedMs / 1000).toFixed(1)} s, ${this.pace(elapsedMs)} a minute`,
      `${hours.toFixed(1)} virtual hours, ${this.#events} events`,
      `${this.acknowledged} acknowledged writes judged, ${this.#unknown} unknown, ${this.#reads} reads`,
      `the slowest command took ${Math.round(this.#latestMs)} ms more than it had`,
      `${this.bad.length} schedules with violations`,
    ].join('\n')
  }

  pace(elapsedMs: number): number {
    return Math.round((this.schedules / elapsedMs) * 60_000)
  }
}

export function textOf({ seed, kind, findings }: Outcome): string {
  return [`seed ${seed}, ${kind}:`, ...findings.slice(0, 5).map((finding) => `  ${finding}`)].join('\n')
}
