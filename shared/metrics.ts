/** Numbers that others keep, told when somebody asks. */
import { Counter, Gauge, type Registry } from 'prom-client'

/** What is told of a number that others keep: its name, its meaning, and where to read it when somebody asks. */
export interface Told {
  readonly name: string
  readonly help: string
  read(): number
}

export function tellGauge(registry: Registry, { name, help, read }: Told): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read())
    },
  })
}

/** Of a number that only grows. */
export function tellCounter(registry: Registry, { name, help, read }: Told): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset()
      this.inc(read())
    },
  })
}
