import { openEngine } from '@tollgate/engine'
import { autumnApi } from '@tollgate/engine/http'
import { startFaultProxy } from '@tollgate/server/testing'
import { features, KEY, plans } from './catalog.ts'
import type { ServerAnswer, ServerOrder } from './remoteServer.ts'

// The server that all contenders talk to: Autumn's API over an engine on a file, behind a proxy that adds latency and counts round trips.

const engine = await openEngine({ features, plans, url: process.argv[2] ?? 'memory:' })
const api = autumnApi(engine, { secretKeys: [KEY] })
const proxy = await startFaultProxy((request) => api.fetch(request))
const answer = (sent: ServerAnswer): void => void process.send?.(sent)

process.on('message', (message) => {
  // The bench sends nothing else.
  const order = message as ServerOrder
  if (order.kind === 'latency') proxy.use(order.ms === 0 ? null : () => ({ kind: 'delay', ms: order.ms }))
  answer({ url: proxy.url, roundTrips: proxy.seen })
})
process.once('disconnect', () => process.exit())
answer({ url: proxy.url, roundTrips: 0 })
