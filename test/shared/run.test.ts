/** How a process ends whose parts do not let it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { ROOT, TestProcess } from '../support/process.ts'

/** A service whose `part` is the code between start and end. */
async function runPart(part: string): Promise<TestProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'larder-run-'))
  const program = join(folder, 'service.ts')
  await writeFile(
    program,
    `import { runService } from '${join(ROOT, 'shared/run.ts')}'
    await runService(async (fail) => {
      ${part}
    })`,
  )
  const service = new TestProcess(process.execPath, [program])
  void service.ended.then(() => rm(folder, { recursive: true }))
  return service
}

describe('a service', () => {
  it('that cannot stop in good order says why, and exits 1', async () => {
    await using service = await runPart(`
      setInterval(() => {}, 1000)
      console.log('up')
      return { async [Symbol.asyncDispose]() { throw new Error('3 rows are lost') } }`)
    await service.says('up')
    await service.stop()
    const { code, stderr } = await service.finished()
    expect(code).to.equal(1)
    expect(stderr).to.include('3 rows are lost')
  })

  it('that finds that it cannot go on stops in good order, and exits 1', async () => {
    await using service = await runPart(`
      setTimeout(() => fail(new Error('no more')), 10)
      return { async [Symbol.asyncDispose]() { console.log('in good order') } }`)
    const { code, stdout, stderr } = await service.finished()
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: 'in good order\n' })
    expect(stderr).to.include('no more')
  })
})
