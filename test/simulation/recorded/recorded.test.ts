/** What simulated schedules have found stays mended. */
import { expect } from 'chai'
import { RUN_MAX_MS, simulate } from '../play.ts'
import { SCRIPT_NAMES } from './scripts.ts'

describe('the simulation: recorded schedules', function () {
  this.timeout(RUN_MAX_MS)

  for (const name of SCRIPT_NAMES) {
    it(name, async () => {
      const { findings } = await simulate('--script', name)
      expect(findings).to.equal('')
    })
  }
})
