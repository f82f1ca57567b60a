/** KEYS_FILE: which keys there are, what each may do, and what is wrong with a file. */
import { hash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { pino } from 'pino'
import { Keys } from '../../shared/keys.ts'
import { EVERYTHING } from '../../shared/rights.ts'

const [ADMIN, SECRET] = ['a-wooden-spoon-0', 'what-members-show']
const sha256 = (text: string) => hash('sha256', text)
const grafana = { name: 'grafana', sha256: sha256('of-grafana'), can: ['metrics'] }
const shop = { name: 'shop', sha256: sha256('of-the-shop').toUpperCase(), can: ['read', 'write'] }

describe('the keys of a file', () => {
  let folder: string
  let file: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'larder-keys-'))
    file = join(folder, 'keys.json')
  })
  after(() => rmSync(folder, { recursive: true }))

  const keysOf = (text: unknown) => {
    writeFileSync(file, typeof text === 'string' ? text : JSON.stringify(text, null, 1))
    return new Keys(file, { apiKeys: [ADMIN], clusterSecrets: [SECRET] })
  }

  it('have the rights that stand there, and those of API_KEY all', () => {
    const keys = keysOf({ keys: [grafana, { ...shop, prefix: 'shop:', org_id: 'acme' }] })
    expect(keys.problems).to.deep.equal([])
    expect(keys.rightsOf('of-grafana')).to.include({ name: 'grafana', prefix: undefined, orgId: undefined })
    expect([...(keys.rightsOf('of-grafana')?.can ?? [])]).to.deep.equal(['metrics'])
    expect(keys.rightsOf('of-the-shop')).to.include({ name: 'shop', prefix: 'shop:', orgId: 'acme' })
    expect(keys.rightsOf(ADMIN)?.can).to.equal(EVERYTHING.can)
    for (const none of [undefined, '', 'of', 'OF-GRAFANA', grafana.sha256, SECRET, `${ADMIN} `])
      expect(keys.rightsOf(none), none).to.equal(undefined)
  })

  it('say which tenants there are, once one of them is for a tenant', () => {
    expect(keysOf({ keys: [grafana] }).rightsOf(ADMIN)?.tenants).to.equal(undefined)
    const keys = keysOf({
      keys: [
        { ...grafana, org_id: 'zeta' },
        { ...shop, org_id: 'acme' },
      ],
    })
    expect(keys.rightsOf(ADMIN)?.tenants).to.deep.equal(new Set(['zeta', 'acme']))
    expect(keys.rightsOf('of-the-shop')?.tenants).to.deep.equal(new Set(['acme']))
  })

  it('may stand behind a byte order mark', () => {
    const keys = keysOf(`\ufeff${JSON.stringify({ keys: [grafana] })}`)
    expect([keys.problems, keys.rightsOf('of-grafana')?.name]).to.deep.equal([[], 'grafana'])
  })

  const wrong: Readonly<Record<string, [text: unknown, ...problems: RegExp[]]>> = {
    'no JSON': ['{', /line 1: not JSON/],
    'nothing at all': ['', /not JSON/],
    'no keys': [{ keys: [] }, /line 2: keys: /],
    'another field beside the keys': [{ keys: [grafana], Keys: [] }, /Keys: there is no such field/],
    'a field that nobody knows': [
      { keys: [{ ...grafana, Prefix: 'x' }] },
      /line 9: .*Prefix: there is no such/,
    ],
    'a field that stands there twice, however it is written': [
      `{"keys": [{"name": "grafana", "sha256": "${grafana.sha256}",\n"can": ["metrics"],\n"c\\u0061n": ["read"]}]}`,
      /line 3: can: it stands there twice/,
    ],
    'two lists of keys': [
      JSON.stringify({ keys: [grafana] }).replace('{', '{"keys":[],'),
      /line 1: keys: it stands there twice/,
    ],
    'a right that nobody knows': [{ keys: [{ ...grafana, can: ['metric'] }] }, /keys\.0\.can\.0: .*metrics/],
    'no right': [{ keys: [{ ...grafana, can: [] }] }, /keys\.0\.can/],
    'a key as it is': [{ keys: [{ ...grafana, sha256: ADMIN }] }, /keys\.0\.sha256: what SHA-256 makes/],
    'an empty prefix': [{ keys: [{ ...grafana, prefix: '' }] }, /keys\.0\.prefix/],
    'an empty tenant': [{ keys: [{ ...grafana, org_id: '' }] }, /keys\.0\.org_id/],
    'two of one name, and two that are one': [
      { keys: [grafana, { ...shop, name: 'grafana' }, { ...shop, name: 'till' }] },
      /keys\.1\.name: another key is called so/,
      /keys\.2\.sha256: it is that of another key/,
    ],
    'one of API_KEY, which could do more': [
      { keys: [{ ...grafana, sha256: sha256(ADMIN) }] },
      /that key is in API_KEY/,
    ],
    'the secret of the cluster': [{ keys: [{ ...grafana, sha256: sha256(SECRET) }] }, /CLUSTER_SECRET/],
    'what is made of no text': [{ keys: [{ ...grafana, sha256: sha256('') }] }, /no text at all/],
  }
  for (const [what, [text, ...problems]] of Object.entries(wrong)) {
    it(`cannot be ${what}: the start says so, and nobody is let in by it`, () => {
      const keys = keysOf(text)
      for (const [index, problem] of problems.entries()) expect(keys.problems[index]).to.match(problem)
      expect(keys.problems.join()).to.include(`KEYS_FILE=${file}: line`).and.not.include(ADMIN)
      expect(keys.rightsOf('of-grafana')).to.equal(undefined)
    })
  }

  it('are read anew, and stay as they were where the new ones cannot be used', () => {
    const lines: Record<string, unknown>[] = []
    const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) })
    const keys = keysOf({ keys: [grafana] })
    writeFileSync(file, JSON.stringify({ keys: [shop] }))
    keys.renew(log)
    expect(keys.rightsOf('of-the-shop')).to.include({ name: 'shop' })
    expect(keys.rightsOf('of-grafana')).to.equal(undefined)
    expect(lines.at(-1)).to.deep.include({ level: 30, put: ['shop'], taken: ['grafana'] })
    for (const broken of ['{', '{"keys":[]}', JSON.stringify({ keys: [{ ...grafana, can: ['all'] }] })]) {
      writeFileSync(file, broken)
      keys.renew(log)
      expect(keys.rightsOf('of-the-shop'), broken).to.include({ name: 'shop' })
      expect(lines.at(-1)).to.include({ level: 50 }).and.have.property('problems')
    }
    rmSync(file)
    keys.renew(log)
    expect(keys.rightsOf('of-the-shop')).to.include({ name: 'shop' })
    expect(JSON.stringify(lines)).to.not.include(sha256('of-the-shop'))
  })
})
