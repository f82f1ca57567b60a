/** `npm run test:fast`: the tests that start no process and listen on no port. What tries to is denied it, and fails. */
import settings from './.mocharc.json' with { type: 'json' }
import { fastTests, readSources } from './test/support/fast-tests.ts'

export default {
  ...settings,
  spec: fastTests(readSources()),
  'node-option': [
    'permission',
    'allow-fs-read=*',
    'allow-fs-write=*',
    'allow-worker',
    'disable-warning=PERM0006', // That a thread could get around this.
  ],
}
