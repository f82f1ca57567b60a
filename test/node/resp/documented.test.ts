/** Every command stands in the documentation, and no other. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Table } from '../../../node/resp/table.ts'

describe('the table of commands', () => {
  it('in the documentation is the one that is served', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../docs/redis.md'), 'utf8')
    const [, section = ''] = text.split('## Commands')
    const rows = section.split('### ')[0]?.matchAll(/^\| ([A-Z][A-Z, ]+) \|/gm) ?? []
    const documented = [...rows].flatMap(([, names = '']) => names.split(', '))
    const served = new Table(1).rows.map(({ name }) => name.toUpperCase())
    expect([...documented].sort()).to.deep.equal(served.sort())
  })
})
