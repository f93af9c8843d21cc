import { randomBytes } from 'node:crypto'
import type { Server } from 'node:http'
import { stripVTControlCharacters } from 'node:util'
import { createAdaptorServer } from '@hono/node-server'
import { openEngine } from '@tollgate/engine'
import { autumnApi } from '@tollgate/engine/http'
import { Command, InvalidArgumentError } from 'commander'
import { logger } from 'hono/logger'
import { Fault, reporting, sentenceOf } from './fault.ts'
import { loadCatalog } from './loadCatalog.ts'

interface ServeOptions {
  readonly port: number
  readonly host: string
  readonly url: string
  readonly catalog?: string
  readonly key?: readonly string[]
  readonly publishableKey?: readonly string[]
  readonly admin?: boolean
  readonly quiet?: boolean
}

const help = `
Examples:
  tollgate serve --url file:usage.db --catalog catalog.ts --key am_sk_test_local
  curl -X POST localhost:3100/v1/features.list -H 'Authorization: Bearer am_sk_test_local' -d '{}'`

/** How long a stop waits for requests under way, in ms. */
const PATIENCE_MS = 10_000

/** `tollgate serve`: Autumn's HTTP API over an engine of our own. */
export function serveCommand(): Command {
  return new Command('serve')
    .summary("serve Autumn's HTTP API over the embedded engine")
    .description(
      "Serves Autumn's HTTP API over the embedded engine, for unmodified Autumn clients in any language. Ends when it is told to (Ctrl-C).",
    )
    .option('--port <number>', 'port to listen on; 0 picks a free one', parsePort, 3100)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--url <store>', 'where usage is kept: file:usage.db, memory: or postgres://user@host/database', 'file:tollgate.db')
    .option('--catalog <module>', "module that exports 'features' and 'plans'; without it the API creates them")
    .option('--key <secret>', 'secret key that clients send (repeatable); without it one is made up and printed', collect)
    .option('--publishable-key <key>', 'publishable key, which opens a few reading routes (repeatable)', collect)
    .option('--admin', "let clients move a customer's clock: for tests and demos, never in production")
    .option('--quiet', 'do not log requests')
    .addHelpText('after', help)
    .action(reporting(serve))
}

async function serve(options: ServeOptions): Promise<void> {
  const { url, admin = false, quiet = false } = options
  const catalog = options.catalog === undefined ? {} : await loadCatalog(options.catalog)
  const engine = await openEngine({ ...catalog, url }).catch((error: unknown) => {
    throw new Fault(sentenceOf(error))
  })
  const secretKeys = options.key ?? [`am_sk_test_${randomBytes(24).toString('hex')}`]
  const env = secretKeys.every((key) => key.startsWith('am_sk_live_')) ? 'live' : 'sandbox'
  const middleware = quiet ? [] : [logger(logAnswer)]
  const api = autumnApi(engine, { secretKeys, publishableKeys: options.publishableKey ?? [], env, admin, middleware })
  // Without TLS it is an HTTP/1 server.
  const server = createAdaptorServer({ fetch: api.fetch }) as Server
  try {
    await listen(server, options)
  } catch (error) {
    await engine.close()
    throw error
  }
  announce(server, options, secretKeys)
  await untilStopped(server)
  await engine.close()
}

function listen(server: Server, { port, host }: ServeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenFault(error, host, port)))
    server.listen(port, host, resolve)
  })
}

function listenFault(error: NodeJS.ErrnoException, host: string, port: number): Fault {
  const place = `${host}:${port}`
  switch (error.code) {
    case 'EADDRINUSE':
      return new Fault(`port ${port} of ${host} is taken by another program: choose another with --port`)
    case 'EACCES':
      return new Fault(`${place} may not be listened on by this user: choose a port above 1023`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new Fault(`${host} is not an address of this machine: choose another with --host`)
    default:
      return new Fault(`cannot listen on ${place}: ${error.message}`)
  }
}

function announce(server: Server, options: ServeOptions, secretKeys: readonly string[]): void {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  const lines = [
    `tollgate serves Autumn's API on http://${host}:${port}`,
    ...secretKeys.map((key) => `  secret key  ${isTestKey(key) ? key : `${key.slice(0, 12)}…`}`),
    `  usage       ${options.url}${options.url === 'memory:' ? ' (lost when this process ends)' : ''}`,
    `  catalog     ${options.catalog ?? 'created through the API'}`,
    ...(options.admin ? ["  admin       on: clients may move a customer's clock"] : []),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

/** Keys for production are not written to a log. */
function isTestKey(key: string): boolean {
  return !key.startsWith('am_sk_live_')
}

/** Waits for a signal to stop, then until the requests under way have been answered. */
async function untilStopped(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  // A connection that is kept alive turns idle once its answer is out.
  const closing = setInterval(() => server.closeIdleConnections(), 20)
  const impatience = setTimeout(() => server.closeAllConnections(), PATIENCE_MS)
  await closed
  clearInterval(closing)
  clearTimeout(impatience)
}

/** One line a request: of the two that the log tells, the one with the answer. */
function logAnswer(line: string): void {
  if (!line.startsWith('-->')) return
  const answer = process.stdout.isTTY ? line.slice(4) : stripVTControlCharacters(line.slice(4))
  process.stdout.write(`${new Date().toISOString()} ${answer}\n`)
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('give a number from 0 to 65535.')
  return port
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value]
}
