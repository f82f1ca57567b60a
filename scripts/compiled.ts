/** Where Node keeps what it has made of the source, as package.json has it: a process then starts in half the time. */
import { join } from 'node:path'

export const COMPILED = join(import.meta.dirname, '..', 'node_modules', '.cache', 'compiled')
