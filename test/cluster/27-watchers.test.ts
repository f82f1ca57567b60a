/** What those are told who watch a cluster, in the words of the API. */
import { toldOverAll } from '../contract/watchers.ts'
import { Cluster, keyOf } from '../support/cluster.ts'

const ids = ['a', 'b']

describe('those who watch a cluster', () => {
  toldOverAll([keyOf('a', ids), keyOf('b', ids)], () => Cluster.start({ ids }))
})
