/**
 * Patterns as KEYS and SCAN have them: `*`, `?`, `[abc]`, `[^a-z]`, and a backslash before what stands for itself.
 *
 * Matching looks back to the last `*` alone, so that no pattern takes longer than its length times that of the text.
 */

export type Matches = (text: string) => boolean

type Step =
  | { readonly isMany: true }
  | { readonly isMany: false; readonly takes: (character: string) => boolean }

export function globOf(pattern: string): Matches {
  const steps = stepsOf(pattern)
  return (text) => matches(steps, [...text])
}

/** What every match begins with. */
export function prefixOf(pattern: string): string {
  const found = /^(?:[^*?[\\]|\\.)*/su.exec(pattern)
  return (found?.[0] ?? '').replace(/\\(.)/gsu, '$1')
}

function matches(steps: readonly Step[], text: readonly string[]): boolean {
  let [step, at] = [0, 0]
  let [manyStep, manyAt] = [-1, 0]
  while (at < text.length) {
    const one = steps[step]
    if (one?.isMany) {
      manyStep = step++
      manyAt = at
    } else if (one?.takes(text[at] ?? '')) {
      step++
      at++
    } else {
      if (manyStep === -1) return false
      step = manyStep + 1
      at = ++manyAt
    }
  }
  while (steps[step]?.isMany) step++
  return step === steps.length
}

function stepsOf(pattern: string): Step[] {
  const steps: Step[] = []
  const token = /\*+|\?|\[(\^?)((?:\\.|[^\]\\])*)\]?|\\(.)|(.)/gsuy
  for (const [all, negation, set, escaped, literal] of pattern.matchAll(token)) {
    if (all.startsWith('*')) steps.push({ isMany: true })
    else if (all === '?') steps.push({ isMany: false, takes: () => true })
    else if (set !== undefined) steps.push({ isMany: false, takes: inSet(set, negation === '^') })
    else {
      const only = escaped ?? literal
      steps.push({ isMany: false, takes: (character) => character === only })
    }
  }
  return steps
}

function inSet(set: string, isNegated: boolean): (character: string) => boolean {
  const ranges = [...set.matchAll(/(\\?)(.)(?:-(\\?)(.))?/gsu)].map(([, , from = '', , to = from]) =>
    from <= to ? [from, to] : [to, from],
  )
  return (character) =>
    ranges.some(([from = '', to = '']) => character >= from && character <= to) !== isNegated
}
