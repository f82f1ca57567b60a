/**
 * Fewer slots than there are: nearly all that a view costs is a loop over all of them. To be called before the first
 * import of what is simulated; nothing else about the code differs.
 */
import { registerHooks } from 'node:module'

export function placeOn(slots: number): void {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (!url.endsWith('/shared/placement.ts')) return loaded
      const source = String(loaded.source).replace(
        /export const SLOTS = \d+/,
        `export const SLOTS = ${slots}`,
      )
      return { ...loaded, source }
    },
  })
}
