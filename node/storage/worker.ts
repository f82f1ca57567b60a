/** The thread on which the file of a node is read and written: one call after the other, each with its answer. */
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../../shared/errors.ts'
import { Database, type Facts, type Part } from './database.ts'

export type DiskCall =
  | { readonly name: 'open' }
  | { readonly name: 'read' }
  | { readonly name: 'write'; readonly part: Part }
  | { readonly name: 'close'; readonly facts: Facts }

export type DiskAnswer = { readonly result: unknown } | { readonly error: string }

let database: Database | undefined

function answer(call: DiskCall): unknown {
  if (call.name === 'open') {
    database = new Database(String(workerData))
    return { rows: database.count(), adopted: database.adopted, facts: database.facts }
  }
  if (database === undefined) throw new Error('the file is not open')
  if (call.name === 'read') return database.read()
  if (call.name === 'write') return database.write(call.part)
  database.close(call.facts)
  database = undefined
  return undefined
}

parentPort?.on('message', (call: DiskCall) => {
  try {
    parentPort?.postMessage({ result: answer(call) } satisfies DiskAnswer)
  } catch (error) {
    const message = messageOf(error)
    parentPort?.postMessage({ error: message } satisfies DiskAnswer)
  }
  if (call.name === 'close') parentPort?.close()
})
