/** Slots in which something was changed that is not safe yet: nobody is told of it before it is. */
import type { Eventual } from '../../shared/eventual.ts'

interface Saving {
  readonly slots: ReadonlySet<number>
  readonly safe: Promise<unknown>
}

export class Unsafe {
  readonly #saving = new Set<Saving>()

  /** As long as this lasts what is changed is not safe. Its result, or what it throws. */
  async while<T>(saving: Promise<T>, changed: readonly { readonly slot: number }[]): Promise<T> {
    const one = { slots: new Set(changed.map(({ slot }) => slot)), safe: saving.catch(() => {}) }
    this.#saving.add(one)
    try {
      return await saving
    } finally {
      this.#saving.delete(one)
    }
  }

  /** Is over once whatever is changed in the slot now is safe, or is known not to become so. */
  untilSafe(slot: number): Eventual<unknown> {
    // Every read comes by here: mostly nothing is unsafe, and few slots are.
    if (this.#saving.size === 0) return undefined
    const unsafe: Promise<unknown>[] = []
    for (const { slots, safe } of this.#saving) if (slots.has(slot)) unsafe.push(safe)
    if (unsafe.length > 0) return Promise.all(unsafe)
  }

  /** The same of all slots. */
  untilAllSafe(): Eventual<unknown> {
    if (this.#saving.size > 0) return Promise.all([...this.#saving].map(({ safe }) => safe))
  }
}
