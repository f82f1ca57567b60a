/** The files of a node are for the user alone by whom it runs: what clients store is no business of others on the machine. */
import { chmodSync, closeSync, existsSync, openSync } from 'node:fs'

const READ_AND_WRITE = 0o600
/** SQLite makes those beside a file as that one is; they may be there from before. */
const BESIDE = ['-wal', '-shm', '-journal']

/** Makes the file where there is none. @throws what the system says when it cannot be written. */
export function ownFile(path: string): void {
  // Asked of the file itself: SQLite would open one that may only be read, and fail at the first write.
  closeSync(openSync(path, 'a', READ_AND_WRITE))
  for (const file of [path, ...BESIDE.map((end) => path + end)]) if (existsSync(file)) withhold(file)
}

function withhold(file: string): void {
  try {
    chmodSync(file, READ_AND_WRITE)
  } catch {
    // It is somebody else's, or the disk knows of no such thing: it can be written, which is what is needed.
  }
}
