import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { type AppKind, BODY, CUSTOMERS, type OpenApp, openApp, PATH } from './app.ts'

/** What the server's process is asked. */
export type ServerTask =
  /** CPU time that the process has used so far, all of its threads together. */
  | { readonly kind: 'cpu' }
  /** Calls the application without a socket, so many at a time. */
  | { readonly kind: 'call'; readonly inFlight: number; readonly calls: number }
  | { readonly kind: 'close' }

/** What it answers: µs of CPU time, µs per call, or that it is ready on a port. */
export type ServerAnswer =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'cpu'; readonly us: number }
  | { readonly kind: 'called'; readonly us: number; readonly cpuUs: number }
  | { readonly kind: 'failed'; readonly why: string }

const [kind, file] = process.argv.slice(2) as [AppKind, string]
const opened = await openApp(kind, file)
const server = createServer(getRequestListener(opened.app.fetch))
server.listen(0, '127.0.0.1', () => tell({ kind: 'ready', port: (server.address() as AddressInfo).port }))

process.on('message', (task: ServerTask) => {
  answerTo(task).catch((error: unknown) => tell({ kind: 'failed', why: String(error) }))
})

async function answerTo(task: ServerTask): Promise<void> {
  switch (task.kind) {
    case 'cpu':
      return tell({ kind: 'cpu', us: cpuUs() })
    case 'call':
      return tell(await callMany(opened, task.inFlight, task.calls))
    case 'close':
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await opened.close()
      process.disconnect()
  }
}

async function callMany({ app }: OpenApp, inFlight: number, calls: number): Promise<ServerAnswer> {
  let left = calls
  const startedAt = performance.now()
  const cpuAtStart = cpuUs()
  await Promise.all(
    Array.from({ length: inFlight }, async (_, lane) => {
      while (left-- > 0) {
        const headers = { 'content-type': 'application/json', 'x-org': `customer-${(left + lane) % CUSTOMERS}` }
        const response = await app.request(PATH, { method: 'POST', headers, body: BODY })
        if (response.status !== 200) throw new Error(await response.text())
        await response.text()
      }
    }),
  )
  return { kind: 'called', us: ((performance.now() - startedAt) / calls) * 1_000, cpuUs: (cpuUs() - cpuAtStart) / calls }
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

function tell(answer: ServerAnswer): void {
  process.send?.(answer)
}
