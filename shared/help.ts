/** What a program says of itself when it is asked on its command line, before it does anything. */
import packageJson from '../package.json' with { type: 'json' }

/** The text to print; `undefined` where nobody asks for one. */
export function helpFor(args: readonly string[], usage: string): string | undefined {
  if (args.includes('--help') || args.includes('-h')) return usage
  return args.includes('--version') ? packageJson.version : undefined
}
