/** The Spec reporter, then what was slow, and as its last line the outcome in a form that scripts can read. */
const { relative } = require('node:path')
const { Spec } = require('mocha').reporters

const SLOWEST = 10

module.exports = class Reporter extends Spec {
  #tests = []
  /** What the hooks of a file take counts: one that starts a cluster is often slower than its tests. */
  #msByFile = new Map()

  constructor(runner, options) {
    super(runner, options)
    runner.on('hook end', (hook) => this.#count(hook))
    runner.on('test end', (test) => {
      this.#count(test)
      this.#tests.push([test.duration ?? 0, `${pathOf(test)}: ${test.fullTitle()}`])
    })
  }

  epilogue() {
    tell('the slowest tests', this.#tests)
    tell(
      'the slowest files, with their hooks',
      [...this.#msByFile].map(([path, ms]) => [ms, path]),
    )
    super.epilogue()
    const { passes, failures, pending } = this.stats
    process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`)
  }

  #count(runnable) {
    const path = pathOf(runnable)
    this.#msByFile.set(path, (this.#msByFile.get(path) ?? 0) + (runnable.duration ?? 0))
  }
}

function pathOf({ file, parent }) {
  return relative('', file ?? parent.file)
}

/** Of rows, each with its milliseconds and what took them. */
function tell(title, rows) {
  const slowest = rows.sort(([one], [other]) => other - one).slice(0, SLOWEST)
  const lines = slowest.map(([ms, what]) => `  ${(ms / 1000).toFixed(1).padStart(6)} s  ${what}\n`)
  process.stdout.write(`\n  ${title}\n${lines.join('')}`)
}
