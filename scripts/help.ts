/** Ends a script that is only asked what it is. */
import { helpFor } from '../shared/help.ts'

export function showHelp(args: readonly string[], usage: string): void {
  const help = helpFor(args, usage)
  if (help === undefined) return
  console.log(help)
  process.exit(0)
}
