import { expect } from 'chai'
import { fastTests } from './fast-tests.ts'

const STARTS = {
  'node/server.ts': "import { createServer, type Server } from 'node:http'\n",
  'test/support/program.ts': "import {\n  type ChildProcess,\n  spawn,\n} from 'node:child_process'\n",
}

/** Whether a test is fast that has this line, among files that start something and those that are given. */
function isFast(line: string, others: Readonly<Record<string, string>> = {}): boolean {
  const path = 'test/node/one.test.ts'
  return fastTests(new Map(Object.entries({ ...STARTS, ...others, [path]: `${line}\n` }))).includes(path)
}

describe('the fast tests', () => {
  it('are those that start nothing', () => {
    expect(isFast("import { join } from 'node:path'")).to.equal(true)
    expect(isFast("import { createServer } from 'node:net'")).to.equal(false)
    expect(isFast("import { execFile } from 'node:child_process'")).to.equal(false)
    expect(isFast("import RedisMock from 'ioredis-mock'")).to.equal(false)
  })

  it('are those that import nothing that starts something, by however many steps', () => {
    expect(isFast("import { a } from '../../node/a.ts'", { 'node/a.ts': 'export const a = 1' })).to.equal(
      true,
    )
    expect(isFast("import { serve } from '../../node/server.ts'")).to.equal(false)
    expect(isFast("import { run } from '../support/program.ts'")).to.equal(false)
    const steps = {
      'node/a.ts': "import { b } from './b.ts'",
      'node/b.ts': "import type { A } from './a.ts'\nimport { serve } from './server.ts'",
    }
    expect(isFast("import {\n  a,\n} from '../../node/a.ts'", steps)).to.equal(false)
    expect(isFast("const { serve } = await import('../../node/server.ts')")).to.equal(false)
  })

  it('may take types from anywhere, and follow a circle of imports', () => {
    expect(isFast("import type { Server } from '../../node/server.ts'")).to.equal(true)
    expect(isFast("import { type AddressInfo, isIP } from 'node:net'")).to.equal(true)
    const circle = { 'node/a.ts': "import { b } from './b.ts'", 'node/b.ts': "import { a } from './a.ts'" }
    expect(isFast("import { a } from '../../node/a.ts'", circle)).to.equal(true)
  })

  it('are the tests alone', () => {
    expect(fastTests(new Map([['test/node/echo.ts', '']]))).to.deep.equal([])
  })
})
