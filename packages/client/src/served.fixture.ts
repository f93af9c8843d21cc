import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ACCESS_HEADER, type CustomerAccess, type Manifest } from '@tollgate/features'
import { initTRPC } from '@trpc/server'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import { onTestFinished } from 'vitest'
import { access, balance } from './access.fixture.ts'

export type ServedRouter = ReturnType<typeof createRouter>['router']

/** A server that counts messages and says so as ours does: as much of it as the client reads. */
function createRouter() {
  let sent = 0
  const t = initTRPC.create()
  const now = (): CustomerAccess => access([balance('messages', 20 - sent, { granted: 20, used: sent })], { version: 1 + sent })
  const manifest: Manifest = { procedures: { send: { kind: 'metered', costs: [{ featureId: 'messages', units: 1 }] } } }
  const router = t.router({
    send: t.procedure.mutation(() => {
      sent += 1
      return `message ${sent}`
    }),
    usage: t.router({
      access: t.procedure.query(now),
      manifest: t.procedure.query(() => manifest),
      changes: t.procedure.subscription(async function* () {
        yield now()
      }),
    }),
  })
  return { router, now }
}

/** Serves it over a real socket until the test ends; answers the address, and the paths that are asked for. */
export async function serve(): Promise<{ readonly url: string; readonly requests: string[] }> {
  const requests: string[] = []
  const { router, now } = createRouter()
  const handler = createHTTPHandler({
    router,
    responseMeta: ({ info }) => {
      const isMetered = info?.calls.some(({ path }) => path === 'send')
      return isMetered ? { headers: { [ACCESS_HEADER]: JSON.stringify(now()) } } : {}
    },
  })
  const server = createServer((request, response) => {
    requests.push(request.url?.split('?')[0] ?? '')
    handler(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}
