import { appendFileSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { OutageError } from '../backend.ts'
import { autumn } from './autumn.ts'
import { type CrashOperation, type CrashOrders, crashFeatures, crashOperation, crashPlans } from './crashed.fixture.ts'
import { lease } from './leases.ts'

// An application that meters one operation after the other until it is killed. What it writes down it has answered to a client.
await import('autumn-js')
// Written at the end of a process by itself, and there is no end here.
flushCompileCache()
process.once('disconnect', () => process.exit())
// The test sends nothing else.
process.once('message', (orders) => void run(orders as CrashOrders))
process.send?.('ready')

async function run({ url, outboxUrl, offsetMs, log, from }: CrashOrders): Promise<void> {
  const backend = autumn({
    secretKey: 'am_sk_test_secret',
    url,
    features: crashFeatures,
    plans: crashPlans,
    outbox: { url: outboxUrl },
    timeoutMs: 500,
    clock: () => Date.now() + offsetMs,
    lease: { leased: lease({ units: 50, ttlMs: 2_000 }) },
    pattern: { tracked: 'track' },
  })
  const caller = { customerId: 'acme', entityId: null }
  let next = from

  const answered = (id: string): void => appendFileSync(log, `${id}\n`)

  const operate = async (id: string, { featureId, units, used }: CrashOperation): Promise<void> => {
    const operation = { id, fingerprint: '' }
    const answer = await backend.reserve({ caller, items: [{ featureId, units }], operation, ttlMs: 5_000, procedure: 'crash' })
    if (answer.kind === 'repeated') return answered(id)
    if (answer.kind !== 'held') return
    if (used === null) return void (await backend.release(answer.hold))
    await backend.commit(answer.hold, { units: [{ featureId, units: used }], overage: 'refuse', answer: 'ok' })
    answered(id)
    process.send?.('answered')
  }

  const client = async (): Promise<never> => {
    for (;;) {
      const number = next++
      await operate(`op-${number}`, crashOperation(number)).catch((error: unknown) => {
        if (!(error instanceof OutageError)) throw error
      })
    }
  }
  await Promise.all(Array.from({ length: 8 }, client))
}
