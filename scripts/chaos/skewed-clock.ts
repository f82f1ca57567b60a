/** Loaded before a process whose wall clock is to be wrong: ahead by CLOCK_AHEAD_MS, or behind. Its steady clock is right. */
const aheadMs = Number(process.env['CLOCK_AHEAD_MS'])
const right = Date.now

Date.now = () => right() + aheadMs

export {}
