import { randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { amountOf } from '../core/amount.ts'
import type { Command } from '../core/command.ts'
import { openEngine } from '../openEngine.ts'
import { busyFeatures, busyPlans } from './busyRegistry.fixture.ts'

// A process that meters as fast as it can until it is killed: `node busyProcess.fixture.ts URL CUSTOMERS CALLERS`. Each line of its output
// is an acknowledgement: what was answered as done.

const [url = '', customers = '8', callers = '16'] = process.argv.slice(2)
const engine = await openEngine({ features: busyFeatures, plans: busyPlans, url })
// A process that is killed does not come to that.
flushCompileCache()
const held = amountOf(2)

const acknowledge = (kind: string, ...ids: readonly string[]): void => {
  writeSync(1, `${[kind, ...ids].join(' ')}\n`)
}
const customer = (): string => `customer-${Math.floor(Math.random() * Number(customers))}`
const execute = <TCommand extends Exclude<Command, { readonly kind: 'check' }>>(id: string, command: TCommand, operationId?: string) =>
  engine.execute(id, command, {
    create: true,
    ...(operationId === undefined ? {} : { operation: { id: operationId, fingerprint: 'input' } }),
  })

const use = async (id: string): Promise<void> => {
  const operationId = randomUUID()
  const items = [{ featureId: 'messages', units: amountOf(1) }]
  const rest = { entityId: null, eventName: null, properties: null, timestamp: null } as const
  const answer = await execute(id, { kind: 'track', items, overage: 'reject', ...rest }, operationId)
  if (answer.ok) acknowledge('used', id, operationId)
}

const call = async (id: string): Promise<void> => {
  const [holdId, operationId] = [randomUUID(), randomUUID()]
  const operation = { id: operationId, fingerprint: 'input' }
  const items = [{ featureId: 'images', units: held }]
  const rest = { entityId: null, overage: 'reject', expiresAt: Date.now() + 900_000, properties: null } as const
  const reserved = await execute(id, { kind: 'reserve', holdId, operation, items, ...rest }, operationId)
  if (!reserved.ok) return
  acknowledge('held', id, holdId)
  if (Math.random() < 0.2) return
  if (Math.random() < 0.3) {
    if ((await execute(id, { kind: 'release', holdId })).ok) acknowledge('released', id, holdId)
  } else {
    const units = [{ featureId: 'images', units: amountOf(Math.random() < 0.5 ? 1 : 2) }]
    const answer = await execute(id, { kind: 'commit', holdId, units, overage: null, properties: null })
    if (answer.ok) acknowledge('committed', id, operationId)
  }
}

acknowledge('open')
for (let caller = 0; caller < Number(callers); caller++) meter()

async function meter(): Promise<never> {
  for (;;) await (Math.random() < 0.5 ? use : call)(customer())
}
