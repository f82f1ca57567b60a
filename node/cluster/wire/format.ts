/**
 * The numbers of what members say to each other. There are two: the current one, and the former one, so that members of
 * two versions work together while one replaces the other. Which of them two members speak is agreed on when they meet.
 */

/** Raised with every change of what frames hold. Before there were formats, this byte was 0. */
export const CURRENT = 4
/** That of version 0.1. */
export const FORMER = 3

/** What this version speaks, the best first. */
export const FORMATS: readonly number[] = [CURRENT, FORMER]

/** The best format that both speak, where there is one. */
export function commonFormat(ours: readonly number[], theirs: readonly number[]): number | undefined {
  const common = ours.filter((format) => theirs.includes(format))
  return common.length === 0 ? undefined : Math.max(...common)
}

/** Which one a frame says that it is of; `undefined` where there is no frame. */
export function formatOf(frame: Uint8Array): number | undefined {
  return frame[0]
}
