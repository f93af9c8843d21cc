import { connect, type Socket } from 'node:net'
import { BODY, CUSTOMERS, PATH } from './app.ts'

/** Load for one round. */
export interface LoadTask {
  readonly port: number
  /** Requests under way at any time, each on a connection of its own. */
  readonly inFlight: number
  /** Whether each call carries an operation id of its own, as a client's mutations do. */
  readonly named: boolean
  readonly durationMs: number
}

/** One round: how many answers came within the time, and how long each took. */
export interface Round {
  readonly answers: number
  readonly elapsedMs: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Sends requests that were written beforehand and looks at nothing but where an answer ends: the server is what is measured. */
async function run({ port, inFlight, named, durationMs }: LoadTask): Promise<Round> {
  const requests = Array.from({ length: CUSTOMERS }, (_, index) => requestOf(`customer-${index}`))
  const latencies: number[] = []
  const endAt = performance.now() + durationMs
  const startedAt = performance.now()
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      const socket = await connected(port)
      while (performance.now() < endAt) {
        const [head = '', tail = ''] = requests[sent % CUSTOMERS] ?? []
        const name = named ? `x-tollgate-operation: ${process.pid}-${sent}-f3b1c6a2-94e0-4a57\r\n` : ''
        sent++
        const sentAt = performance.now()
        await exchange(socket, head + name + tail)
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

let sent = 0

/** A request in two parts: another header fits between them. */
function requestOf(customer: string): readonly [head: string, tail: string] {
  const head = `POST ${PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nx-org: ${customer}\r\n`
  return [head, `content-length: ${BODY.length}\r\n\r\n${BODY}`]
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

process.on('message', (task: LoadTask) => {
  run(task).then(
    (round) => process.send?.(round),
    (error: unknown) => process.send?.(String(error)),
  )
})
