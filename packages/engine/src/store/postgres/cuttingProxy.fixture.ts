import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** What becomes of the next commit that passes: it never arrives; it arrives and its answer does not; or it arrives only when it is let go. */
export type Cut = 'before' | 'after' | 'late'

/** Stands between a store and its server and breaks connections where it hurts. */
export interface CuttingProxy {
  readonly url: string
  /** Cuts the connection at the next commit. */
  cut(where: Cut): void
  /** Lets go a commit that was held back. */
  letGo(): void
  /** Swallows everything from now on, or no longer: as a server that hangs. */
  hang(hangs: boolean): void
  close(): Promise<void>
}

/** The name of the prepared statement, as it passes on the wire. */
const COMMIT = 'tollgate_commit'

/** Opens a proxy in front of the server that a URL names. */
export async function cuttingProxy(target: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  let armed: Cut | null = null
  let hangs = false
  let heldBack = (): void => undefined

  const proxy = createServer((near) => {
    const far = connect(Number(port), hostname)
    let answersPass = true
    const drop = (): void => {
      near.destroy()
      far.destroy()
    }
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', drop).on('close', () => sockets.delete(socket))
    }
    near.on('data', (sent) => {
      if (hangs) return
      const where = sent.includes(COMMIT) ? armed : null
      if (where === null) {
        far.write(sent)
        return
      }
      armed = null
      if (where === 'before') return drop()
      if (where === 'late') {
        heldBack = () => far.end(sent)
        near.destroy()
        return
      }
      answersPass = false
      far.write(sent)
    })
    far.on('data', (answer) => {
      if (hangs) return
      if (answersPass) near.write(answer)
      else drop()
    })
    near.on('end', () => far.end())
    far.on('close', () => near.destroy())
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const url = new URL(target)
  url.port = String((proxy.address() as AddressInfo).port)

  return {
    url: url.href,
    cut(where) {
      armed = where
    },
    letGo: () => heldBack(),
    hang(now) {
      hangs = now
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      proxy.close()
      await once(proxy, 'close')
    },
  }
}
