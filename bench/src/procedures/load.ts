import { connect, type Socket } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'

/** What the load generator is told. */
export interface LoadOptions {
  readonly port: number
  readonly path: string
  /** Requests under way at any time, each on a connection of its own. */
  readonly inFlight: number
  /** Customers that take turns. */
  readonly customers: number
}

/** One round: how many answers came within the time, and how long each took. */
export interface Round {
  readonly answers: number
  readonly elapsedMs: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/**
 * Sends requests that were written beforehand and looks at nothing but where an answer ends: the server is what is measured.
 *
 * Runs in a thread of its own.
 */
async function run({ port, path, inFlight, customers }: LoadOptions, durationMs: number): Promise<Round> {
  const requests = Array.from({ length: customers }, (_, index) => requestOf(path, `customer-${index}`))
  const latencies: number[] = []
  const endAt = performance.now() + durationMs
  let next = 0
  const startedAt = performance.now()
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      const socket = await connected(port)
      while (performance.now() < endAt) {
        const request = requests[next++ % customers] ?? ''
        const sentAt = performance.now()
        await exchange(socket, request)
        latencies.push(performance.now() - sentAt)
      }
      socket.destroy()
    }),
  )
  const elapsedMs = performance.now() - startedAt
  latencies.sort((a, b) => a - b)
  const quantile = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? Number.NaN
  return { answers: latencies.length, elapsedMs, p50Ms: quantile(0.5), p99Ms: quantile(0.99) }
}

function requestOf(path: string, customer: string): string {
  const body = '{"n":1,"text":"a prompt of some length, as people write them"}'
  return `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nx-org: ${customer}\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.setNoDelay(true)
    socket.setEncoding('latin1')
    socket.once('error', reject)
  })
}

function exchange(socket: Socket, request: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = ''
    const onData = (chunk: string): void => {
      text += chunk
      const end = text.indexOf('\r\n\r\n')
      if (end < 0) return
      if (!text.startsWith('HTTP/1.1 200')) {
        reject(new Error(text.slice(0, 500)))
        return
      }
      const length = /content-length: (\d+)/i.exec(text)
      const done = length ? text.length >= end + 4 + Number(length[1]) : text.endsWith('\r\n0\r\n\r\n')
      if (!done) return
      socket.off('data', onData)
      resolve()
    }
    socket.on('data', onData)
    socket.write(request)
  })
}

parentPort?.on('message', (durationMs: number) => {
  // The thread is started with these options.
  run(workerData as LoadOptions, durationMs).then(
    (round) => parentPort?.postMessage(round),
    (error: unknown) => parentPort?.postMessage(String(error)),
  )
})
