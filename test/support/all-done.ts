/** Waits for all, also where one fails: what the others have started by then is there to be stopped. */
export async function allDone(promises: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(promises))
    if (result.status === 'rejected') throw result.reason
}
