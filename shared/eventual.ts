/**
 * What is there now, or comes later.
 *
 * Nearly all reads can be answered in the very turn in which they are asked, and to wait for a promise would cost them
 * more than all the rest. So what may be at hand is an `Eventual`, and only what is not is a promise. In the same way
 * it may fail now or later: by what it throws, or by a rejection. `orElse` takes both for one, and so does `await`
 * with the call behind it.
 */
export type Eventual<T> = T | Promise<T>

/** Whether it has to be waited for. */
export function isLater<T>(eventual: Eventual<T>): eventual is Promise<T> {
  return eventual instanceof Promise
}

function isNow<T>(eventual: Eventual<T>): eventual is T {
  return !(eventual instanceof Promise)
}

/** Uses the value: in this turn where it is there, otherwise once it comes. */
export function andThen<T, U>(eventual: Eventual<T>, use: (value: T) => Eventual<U>): Eventual<U> {
  return isLater(eventual) ? eventual.then(use) : use(eventual)
}

/** What `run` leads to, or `fail` where it fails, be it at once or later. */
export function orElse<T>(run: () => Eventual<T>, fail: (thrown: unknown) => Eventual<T>): Eventual<T> {
  try {
    const eventual = run()
    return isLater(eventual) ? eventual.catch(fail) : eventual
  } catch (thrown) {
    return fail(thrown)
  }
}

/**
 * What `use` makes of each item, in their order: in this turn where none of it has to be waited for. Every item is
 * used, also after one that has failed; as soon as one has, so has all of it.
 */
export function mapAll<T, U>(
  items: readonly T[],
  use: (item: T, index: number) => Eventual<U>,
): Eventual<readonly U[]> {
  const begun = items.map((item, index): Eventual<U> => {
    try {
      return use(item, index)
    } catch (thrown) {
      return Promise.reject(thrown)
    }
  })
  return begun.every(isNow) ? begun : Promise.all(begun)
}
