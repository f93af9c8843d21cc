import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export type ServerOrder = { readonly kind: 'latency'; readonly ms: number } | { readonly kind: 'count' }

export interface ServerAnswer {
  readonly url: string
  /** Requests that came so far. */
  readonly roundTrips: number
}

/** The server under all contenders, in a process of its own. */
export interface RemoteServer {
  readonly url: string
  /** From now on every request arrives so much later. */
  addLatency(ms: number): Promise<void>
  roundTrips(): Promise<number>
  close(): Promise<void>
}

export async function startRemoteServer(storeUrl: string): Promise<RemoteServer> {
  const child = fork(join(import.meta.dirname, 'server.ts'), [storeUrl], { execArgv: ['--conditions=@tollgate/source'] })
  const answered = async (): Promise<ServerAnswer> => {
    const [answer] = await once(child, 'message')
    // The server sends nothing else.
    return answer as ServerAnswer
  }
  const ask = (order: ServerOrder): Promise<ServerAnswer> => {
    const answer = answered()
    child.send(order)
    return answer
  }
  const { url } = await answered()
  return {
    url,
    async addLatency(ms) {
      await ask({ kind: 'latency', ms })
    },
    async roundTrips() {
      return (await ask({ kind: 'count' })).roundTrips
    },
    async close() {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}
