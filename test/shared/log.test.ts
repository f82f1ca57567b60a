/** What a log line says of an error. */
import { expect } from 'chai'
import { TestProcess } from '../support/process.ts'

describe('the log', () => {
  it('says what an error says, its causes too, and nothing that libraries hang on it', async () => {
    const script = `
      import { createLog } from './shared/log.ts'
      const cause = Object.assign(new Error('WRONGPASS'), { command: { name: 'auth', args: ['s3cret'] } })
      createLog('test', 'info').warn({ error: new Error('lost', { cause }) }, 'trouble')`
    await using child = new TestProcess(process.execPath, [
      '--input-type=module-typescript',
      '--eval',
      script,
    ])
    await child.ended
    const line = JSON.parse(child.stdout)
    expect(line).to.include({ level: 'warn', service: 'test', msg: 'trouble' })
    expect(line).to.have.nested.property('error.cause.message', 'WRONGPASS')
    expect(child.stdout).to.not.include('s3cret')
  })
})
