/** The scripts of the page as they are written: as short as all else, and with no way to take what others wrote for HTML. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'

const ROOT = join(import.meta.dirname, '../../..')
const scripts = globSync('shared/page/app/*.js', { cwd: ROOT }).map((path) => ({
  path,
  text: readFileSync(join(ROOT, path), 'utf8'),
}))
const those = (isSo: (text: string) => boolean) =>
  scripts.flatMap(({ path, text }) => (isSo(text) ? [path] : []))

describe('page: its scripts', () => {
  it('are short, and say on top what they are for', () => {
    expect(scripts.length).above(8)
    expect(those((text) => text.split('\n').length > 250)).deep.equal([])
    expect(those((text) => !text.startsWith('/**'))).deep.equal([])
  })

  it('make elements of text alone', () => {
    const ways =
      /innerHTML|outerHTML|insertAdjacent|createContextualFragment|document\.write|DOMParser|srcdoc|\beval\(|new Function/
    expect(those((text) => ways.test(text))).deep.equal([])
  })

  it('keep no key anywhere', () => {
    expect(those((text) => /sessionStorage|indexedDB|cookie/.test(text))).deep.equal([])
    expect(those((text) => text.includes('localStorage'))).deep.equal(['shared/page/app/main.js'])
  })
})
