import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** What goes wrong with one request. */
export type NetworkFault =
  /** It never arrives, and nothing comes back. */
  | { readonly kind: 'drop_request' }
  /** It arrives and takes effect, and nothing comes back. */
  | { readonly kind: 'drop_answer' }
  /** The connection breaks, before or after the request took effect. */
  | { readonly kind: 'close'; readonly when: 'before' | 'after' }
  /** Another answer comes back. Nothing takes effect, unless that happens `after` it did. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
      readonly when?: 'before' | 'after'
    }
  /** It arrives late. */
  | { readonly kind: 'delay'; readonly ms: number }

/** One request, as a rule sees it. */
export interface ProxiedRequest {
  readonly path: string
  readonly body: string
}

/** Decides what goes wrong with a request; null: nothing. */
export type FaultRule = (request: ProxiedRequest) => NetworkFault | null

/** A server that stands between a client and another server, and breaks what passes through it. */
export interface FaultProxy {
  readonly url: string
  /** Requests that came from the client. */
  readonly seen: number
  /** From now on this rule decides; null: everything passes. */
  use(rule: FaultRule | null): void
  /** Resolves once no request is under way to the server, late ones included. */
  idle(): Promise<void>
  close(): Promise<void>
}

/** Starts a proxy on a free port of this machine. `forward` reaches the server behind it. */
export async function startFaultProxy(forward: (request: Request) => Response | Promise<Response>): Promise<FaultProxy> {
  let rule: FaultRule | null = null
  let seen = 0
  const underWay = new Set<Promise<void>>()

  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    seen += 1
    const body = await textOf(incoming)
    const fault = rule?.({ path: incoming.url ?? '/', body }) ?? null
    if (fault?.kind === 'drop_request') return
    if (fault?.kind === 'close' && fault.when === 'before') return void incoming.socket.destroy()
    if (fault?.kind === 'answer' && fault.when !== 'after') return send(outgoing, fault)
    if (fault?.kind === 'delay') await delay(fault.ms)
    const answer = await forward(requestOf(incoming, body))
    const text = await answer.text()
    if (fault?.kind === 'drop_answer') return
    if (fault?.kind === 'close') return void incoming.socket.destroy()
    if (fault?.kind === 'answer') return send(outgoing, fault)
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers)).end(text)
  }

  const server = createServer((incoming, outgoing) => {
    const handled = handle(incoming, outgoing)
      .catch((error: unknown) => void outgoing.destroy(error instanceof Error ? error : undefined))
      .finally(() => underWay.delete(handled))
    underWay.add(handled)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    get seen() {
      return seen
    },
    use(next) {
      rule = next
    },
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay)
    },
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function send(outgoing: ServerResponse, { status, headers, body = '{}' }: Extract<NetworkFault, { readonly kind: 'answer' }>): void {
  outgoing.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
}

function requestOf(incoming: IncomingMessage, body: string): Request {
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headers)) {
    // The body is sent anew: its length and the connection are this request's own.
    if (typeof value === 'string' && !['connection', 'content-length', 'transfer-encoding', 'host'].includes(name)) headers.set(name, value)
  }
  const method = incoming.method ?? 'GET'
  return new Request(`http://server.test${incoming.url ?? '/'}`, { method, headers, ...(method !== 'GET' && { body }) })
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
