import { appendFileSync } from 'node:fs'
import { features, plans } from '../backend.contract.ts'
import { OutageError } from '../backend.ts'
import { autumn } from './autumn.ts'
import { lease } from './leases.ts'

// An application that meters one operation after the other until it is killed. What it acknowledges it has answered to a client.
const [url = '', outbox = '', log = '', from = '0', until = '0', leased = ''] = process.argv.slice(2)
const backend = autumn({
  secretKey: 'am_sk_test_secret',
  url,
  features,
  plans,
  outbox: { url: outbox },
  timeoutMs: 2_000,
  ...(leased !== '' && { lease: { logs: lease({ units: 50, ttlMs: 2_000 }) } }),
})
const caller = { customerId: 'acme', entityId: null }
const items = [{ featureId: 'logs', units: 1 }]
let next = Number(from)

async function worker(): Promise<void> {
  while (next < Number(until)) {
    const id = `op-${next++}`
    try {
      const answer = await backend.reserve({ caller, items, operation: { id, fingerprint: '' }, ttlMs: 5_000, procedure: 'crash' })
      if (answer.kind === 'held') await backend.commit(answer.hold, { units: items, overage: 'refuse', answer: 'ok' })
      if (answer.kind === 'held' || answer.kind === 'repeated') appendFileSync(log, `${id}\n`)
    } catch (error) {
      if (!(error instanceof OutageError)) throw error
    }
  }
}

await Promise.all(Array.from({ length: 8 }, worker))
