/** The Spec reporter, and as its last line the outcome in a form that scripts can read. */
const { Spec } = require('mocha').reporters

module.exports = class Reporter extends Spec {
  epilogue() {
    super.epilogue()
    const { passes, failures, pending } = this.stats
    process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`)
  }
}
