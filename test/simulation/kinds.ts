/**
 * What kinds of schedules there are.
 *
 * `graceful`: members come and go in good order, and uplink has trouble; nothing may be lost with one copy either.
 * `failures`: no more at once than there are copies to spare, each time until all is whole again.
 * `blackout`: everybody dies at once, and what was acknowledged is on disk.
 * `wild`: anything at any time; only what must never be is judged, and that all agree in the end.
 */
export const KINDS = ['graceful', 'failures', 'blackout', 'wild'] as const

export type Kind = (typeof KINDS)[number]
