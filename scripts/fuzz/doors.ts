/** All doors that are tried. */
import { CHANNEL } from './channel.ts'
import type { Door } from './door.ts'
import { INJECTION } from './injection.ts'
import { REDIS } from './redis.ts'
import { SMUGGLING } from './smuggling.ts'

export const DOORS: readonly Door[] = [SMUGGLING, INJECTION, CHANNEL, REDIS]
