/** What every script says of itself when it is asked, before it does anything. */
import packageJson from '../package.json' with { type: 'json' }

/** Ends the process where `--help` or `--version` is among its arguments. */
export function showHelp(args: readonly string[], usage: string): void {
  if (args.includes('--help') || args.includes('-h')) console.log(usage)
  else if (args.includes('--version')) console.log(packageJson.version)
  else return
  process.exit(0)
}
