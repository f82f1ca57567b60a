/**
 * The keys of callers, and what each may do. Those of API_KEY may do everything; those of KEYS_FILE what stands there, which
 * has no key in it but what SHA-256 makes of each. The file is read at start and, on SIGHUP, anew: one that cannot be used
 * leaves everything as it was.
 */
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { audit } from './audit.ts'
import type { Settings } from './config.ts'
import { messageOf } from './errors.ts'
import { type FileProblem, parseFile } from './json-file.ts'
import type { Log } from './log.ts'
import { EVERYTHING, RIGHTS, type Rights } from './rights.ts'

export interface OtherCredentials {
  /** May do everything. */
  readonly apiKeys?: readonly string[]
  /** Of the cluster: none of them is a key as well. */
  readonly clusterSecrets: readonly string[]
}

const Key = z.strictObject({
  name: z.string().regex(/^[\w.:-]{1,64}$/, 'at most 64 letters, digits and . : _ -'),
  sha256: z
    .string()
    .regex(/^[\da-f]{64}$/i, 'what SHA-256 makes of the key, in 64 hexadecimal digits')
    .toLowerCase(),
  can: z.array(z.enum(RIGHTS)).min(1),
  prefix: z.string().min(1).max(4096).optional(),
  org_id: z.string().min(1).max(255).optional(),
})
const File = z.strictObject({ keys: z.array(Key).min(1) })
type Named = z.infer<typeof Key>

/** Without KEYS_FILE only those of API_KEY, if there are any. */
export function readKeys(settings: Settings, others: OtherCredentials): Keys {
  const keys = new Keys(settings.text('KEYS_FILE'), others)
  for (const problem of keys.problems) settings.problem(problem)
  return keys
}

export class Keys {
  readonly #file: string | undefined
  readonly #others: OtherCredentials
  /** What is wrong with the file as it was read first. */
  readonly problems: readonly string[]
  #named: readonly Named[]
  /** By what SHA-256 makes of them, so that how long it takes to find one tells nothing about it. */
  #rights: Map<string, Rights>
  #generation = 0
  readonly #listeners = new Set<() => void>()

  constructor(file: string | undefined, others: OtherCredentials) {
    this.#file = file
    this.#others = others
    const read = this.#read()
    this.problems = 'problems' in read ? read.problems : []
    this.#named = 'problems' in read ? [] : read.named
    this.#rights = rightsByHash(this.#named, others)
  }

  /** Whether callers have to show one. */
  get areNeeded(): boolean {
    return this.#rights.size > 0
  }

  /** What whoever shows this may do; `undefined` where it is no key. */
  rightsOf(shown: string | undefined): Rights | undefined {
    return shown ? this.#rights.get(hash('sha256', shown)) : undefined
  }

  /** Another one whenever keys may be good for something else than before. */
  get generation(): number {
    return this.#generation
  }

  /** Whether some key still gives just these, which it once gave. */
  stillGive(rights: Rights): boolean {
    return rights === EVERYTHING || [...this.#rights.values()].includes(rights)
  }

  /** To be told whenever keys may be good for something else than before; what is returned ends it. */
  onRenewed(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Whether there is a file to be read anew. */
  get isInFile(): boolean {
    return this.#file !== undefined
  }

  /** Reads the file anew; a request that is under way goes on with what it had. Never throws. */
  renew(log: Log): void {
    const read = this.#read()
    if ('problems' in read) {
      const { problems } = read
      log.error({ problems }, 'KEYS_FILE cannot be used: the keys that were read before stay')
      return
    }
    const before = new Set(this.#named.map(textOf))
    const after = new Set(read.named.map(textOf))
    const put = read.named.filter((key) => !before.has(textOf(key))).map(({ name }) => name)
    const taken = this.#named.filter((key) => !after.has(textOf(key))).map(({ name }) => name)
    this.#named = read.named
    const former = this.#rights
    this.#rights = rightsByHash(read.named, this.#others)
    for (const [sha256, rights] of this.#rights) {
      const known = former.get(sha256)
      if (known !== undefined && isDeepStrictEqual(known, rights)) this.#rights.set(sha256, known)
    }
    this.#generation++
    for (const listener of [...this.#listeners]) listener()
    audit(log, { what: 'keys were read anew', keys: read.named.length, put, taken })
  }

  #read(): { named: readonly Named[] } | { problems: string[] } {
    const file = this.#file
    if (file === undefined) return { named: [] }
    const told = (problem: string) => `KEYS_FILE=${file}: ${problem}`
    try {
      const parsed = parseFile(readFileSync(file, 'utf8'), File, ({ keys }) => problemsOf(keys, this.#others))
      return 'problems' in parsed ? { problems: parsed.problems.map(told) } : { named: parsed.file.keys }
    } catch (error) {
      return { problems: [told(messageOf(error))] }
    }
  }
}

function textOf(key: Named): string {
  return JSON.stringify(key)
}

function problemsOf(keys: readonly Named[], others: OtherCredentials): FileProblem[] {
  const { apiKeys = [], clusterSecrets } = others
  const [ofKeys, ofSecrets] = [apiKeys, clusterSecrets].map((texts) =>
    texts.map((text) => hash('sha256', text)),
  )
  return keys.flatMap(({ name, sha256 }, index): FileProblem[] => {
    const at = (field: string) => ['keys', index, field]
    const isKnown = (field: 'name' | 'sha256', value: string) =>
      keys.findIndex((other) => other[field] === value) < index
    return [
      ...(isKnown('name', name) ? [[at('name'), 'another key is called so'] as const] : []),
      ...(isKnown('sha256', sha256) ? [[at('sha256'), 'it is that of another key'] as const] : []),
      ...(sha256 === hash('sha256', '') ? [[at('sha256'), 'it is that of no text at all'] as const] : []),
      ...(ofKeys?.includes(sha256)
        ? [[at('sha256'), 'that key is in API_KEY, and may do everything'] as const]
        : []),
      ...(ofSecrets?.includes(sha256)
        ? [[at('sha256'), 'it is that of CLUSTER_SECRET: who has that key could pass for a member'] as const]
        : []),
    ]
  })
}

function rightsByHash(named: readonly Named[], { apiKeys = [] }: OtherCredentials): Map<string, Rights> {
  const known = new Set(named.flatMap(({ org_id }) => org_id ?? []))
  const tenants = known.size > 0 ? known : undefined
  const all = tenants === undefined ? EVERYTHING : { ...EVERYTHING, name: 'API_KEY', tenants }
  const rights = named.map(({ name, sha256, can, prefix, org_id: orgId }): [string, Rights] => {
    const own = orgId === undefined ? tenants : new Set([orgId])
    return [sha256, { name, can: new Set(can), prefix, orgId, tenants: own }]
  })
  return new Map([...apiKeys.map((key): [string, Rights] => [hash('sha256', key), all]), ...rights])
}
