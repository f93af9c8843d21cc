import { createInterface } from 'node:readline'
import { counting } from '../contract/works.fixture.ts'
import { sqliteStore } from './sqliteStore.ts'

// Writes to a store as its standard input says, one command a line, and answers each with a line.
const store = sqliteStore(process.argv[2] ?? '', { foldAfter: 50 })
const write = () => store.transact([{ customerId: 'ann', operationId: null, run: counting('ann') }])
const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

for await (const line of createInterface(process.stdin)) {
  const [command, count] = line.split(' ')
  if (command === 'count') console.log((await store.customer('ann'))?.seq)
  else
    try {
      for (let left = Number(count) || Number.POSITIVE_INFINITY; left > 0; left--) {
        await write()
        await nextTurn()
      }
      console.log('written')
    } catch (error) {
      console.log(String(error))
    }
}
