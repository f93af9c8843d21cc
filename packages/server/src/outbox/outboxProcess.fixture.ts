import type { Delivery } from './delivery.ts'
import { openOutboxStore } from './openOutboxStore.ts'
import { createOutbox } from './outbox.ts'

/** What a process is told to do with the outbox that it shares. */
export type Order =
  /** Begin operations; answers those that it began. */
  | { readonly kind: 'begin'; readonly ids: readonly string[] }
  /** Record one delivery for each key: its own, which it does not come to sending, or for whoever comes. */
  | { readonly kind: 'record'; readonly keys: readonly string[]; readonly own: boolean }
  /** Send what is due; answers what was sent, and what of it was taken over from another process. */
  | { readonly kind: 'pump' }

export interface Report {
  readonly sent: readonly string[]
  readonly takenOver: readonly string[]
}

// One of several processes on one outbox.
const [url = '', aheadMs = '0'] = process.argv.slice(2)
const clock = (): number => Date.now() + Number(aheadMs)
const store = openOutboxStore(url, clock)
let report: { sent: string[]; takenOver: string[] } = { sent: [], takenOver: [] }

const outbox = createOutbox({
  store,
  clock,
  report: (error) => console.error(error),
  send: async ({ key }, isTakenOver) => {
    report.sent.push(key)
    if (isTakenOver) report.takenOver.push(key)
    return { kind: 'delivered' }
  },
})

const about = { customerId: 'acme', entityId: null, procedure: 'test.call' } as const
const track = (key: string): Delivery => ({
  action: 'track',
  key,
  ...about,
  operationId: null,
  featureId: 'messages',
  at: clock(),
  units: 1,
  overage: 'cap',
})

async function followed(order: Order): Promise<unknown> {
  switch (order.kind) {
    case 'begin': {
      const expiresAt = clock() + 60_000
      const begun = await Promise.all(
        order.ids.map((id) => store.begin({ ...about, id, fingerprint: '', holdId: `${process.pid} ${id}`, expiresAt })),
      )
      return order.ids.filter((_, index) => begun[index]?.kind === 'begun')
    }
    case 'record': {
      const notBefore = order.own ? null : clock()
      return Promise.all(
        order.keys.map((key) => store.settle({ operation: null, deliveries: [{ delivery: track(key), notBefore }], leaseUses: [] })),
      )
    }
    case 'pump': {
      report = { sent: [], takenOver: [] }
      await outbox.pump()
      return report
    }
  }
}

process.on('message', (order: Order) => {
  void followed(order).then((answer) => process.send?.(answer ?? null))
})
process.send?.('ready')
