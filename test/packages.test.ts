/** What `npm ci` says on the oldest Node that a machine may have, which brings the one that runs. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { ROOT } from './support/process.ts'

interface Lock {
  readonly packages: Readonly<Record<string, { readonly engines?: { readonly node?: string } }>>
}

const text = readFileSync(join(ROOT, 'package-lock.json'), 'utf8')
const ofClient = (name: string) => readFileSync(join(ROOT, 'client', name), 'utf8')

describe('package-lock.json', () => {
  it('warns nobody of an engine on Node 20: packages that want a newer one run on the newer one', () => {
    const { packages }: Lock = JSON.parse(text)
    const warned = Object.entries(packages).filter(([, { engines }]) =>
      /^>= ?2[1-9]/.test(engines?.node ?? ''),
    )
    // `npm install` writes the field; whoever updates one of these takes it out again.
    expect(warned.map(([path]) => path)).to.deep.equal([])
  })

  it('names no host', () => {
    for (const lock of [text, ofClient('package-lock.json')]) expect(lock).not.to.include('"resolved"')
  })

  it('is of the version that the client has, which needs nobody at run time', () => {
    const { version, dependencies } = JSON.parse(ofClient('package.json'))
    expect([version, dependencies]).to.deep.equal([JSON.parse(text).version, undefined])
  })
})
