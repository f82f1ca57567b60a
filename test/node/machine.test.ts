/** What is said of a budget that the machine cannot carry. */
import { expect } from 'chai'
import { heapBytesFor, type Machine, shortcomingsOf, thisMachine } from '../../node/machine.ts'

const MIB = 2 ** 20
const machineOf = (heapMib: number, processMib: number): Machine => ({
  heapBytes: heapMib * MIB,
  processBytes: processMib * MIB,
})

describe('a machine', () => {
  it('that carries the budget has nothing said of it', () => {
    expect(shortcomingsOf(machineOf(4096, 8192), 512 * MIB)).to.deep.equal([])
  })

  it('with too small a heap is named with what it carries', () => {
    const [problem, ...more] = shortcomingsOf(machineOf(164, 8192), 512 * MIB)
    expect(more).to.deep.equal([])
    expect(problem).to.match(/MAX_BYTES is 512 MiB.*heap of 164 MiB carries 70 MiB.*--max-old-space-size/)
  })

  it('or a container, that may not have so much is named with what the process comes to', () => {
    const [problem, ...more] = shortcomingsOf(machineOf(4096, 512), 512 * MIB)
    expect(more).to.deep.equal([])
    expect(problem).to.match(/MAX_BYTES is 512 MiB.*may have 512 MiB/)
  })

  it('with hardly any heap carries nothing, and not less', () => {
    expect(heapBytesFor(machineOf(32, 512))).to.equal(0)
  })

  it('that this process runs on has a heap, and as much memory as there is at the most', () => {
    const { heapBytes, processBytes } = thisMachine()
    expect(heapBytes).to.be.above(16 * MIB)
    expect(processBytes).to.be.within(heapBytes / 64, 2 ** 50)
  })
})
