import { createInterface } from 'node:readline'
import { amountOf } from '../core/amount.ts'
import { openEngine } from '../openEngine.ts'
import { busyFeatures, busyPlans } from './busyRegistry.fixture.ts'

// A process that calls all at once: `node rushingProcess.fixture.ts URL`. For each line of its input, `CUSTOMER COST CALLERS`, it answers how
// many of so many parallel calls of that cost were admitted. Half of them come when the others were answered: by then the process knows the
// customer, and decides on what it remembers.

const engine = await openEngine({ features: busyFeatures, plans: busyPlans, url: process.argv[2] ?? '' })
process.stdout.write('open\n')
for await (const line of createInterface(process.stdin)) {
  const [customer = '', cost, callers] = line.split(' ')
  const items = [{ featureId: 'rushed', units: amountOf(Number(cost)) }]
  const track = { kind: 'track', items, entityId: null, overage: 'reject', eventName: null, properties: null, timestamp: null } as const
  const rush = async (calls: number): Promise<number> => {
    const answers = await Promise.all(Array.from({ length: calls }, () => engine.execute(customer, track, { create: true })))
    return answers.filter((answer) => answer.ok).length
  }
  const half = Math.floor(Number(callers) / 2)
  const first = await rush(half)
  process.stdout.write(`${first + (await rush(Number(callers) - half))}\n`)
}
await engine.close()
