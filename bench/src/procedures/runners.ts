import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { AppKind } from './app.ts'
import type { LoadTask, Round } from './load.ts'
import type { ServerAnswer, ServerTask } from './server.ts'

/** A server in a process of its own. */
export interface ServerRunner {
  readonly port: number
  /** CPU time of the whole process so far, in µs. */
  cpuUs(): Promise<number>
  /** Calls the application in its process; µs and µs of CPU time per call. */
  call(inFlight: number, calls: number): Promise<{ readonly us: number; readonly cpuUs: number }>
  close(): Promise<void>
}

/** A load generator in a process of its own. */
export interface LoadRunner {
  round(task: LoadTask): Promise<Round>
  close(): void
}

/** @param profileFolder where the process leaves a CPU profile when it ends; null: nowhere. */
export async function startServer(kind: AppKind, file: string, profileFolder: string | null): Promise<ServerRunner> {
  const profiling = profileFolder === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`, `--cpu-prof-name=${kind}.cpuprofile`]
  const child = fork(new URL('server.ts', import.meta.url), [kind, file], { execArgv: ['--conditions=@tollgate/source', ...profiling] })
  const ready = await answerOf(child, null)
  if (ready.kind !== 'ready') throw new Error('the server answered before it was ready')
  return {
    port: ready.port,
    async cpuUs() {
      const answer = await answerOf(child, { kind: 'cpu' })
      return answer.kind === 'cpu' ? answer.us : Number.NaN
    },
    async call(inFlight, calls) {
      const answer = await answerOf(child, { kind: 'call', inFlight, calls })
      if (answer.kind !== 'called') throw new Error('the server answered something else')
      return answer
    },
    async close() {
      const gone = once(child, 'exit')
      child.send({ kind: 'close' } satisfies ServerTask)
      await gone
    },
  }
}

export function startLoad(): LoadRunner {
  const child = fork(new URL('load.ts', import.meta.url), { execArgv: ['--conditions=@tollgate/source'] })
  return {
    async round(task) {
      child.send(task)
      // The process sends a round, or the text of what went wrong.
      const [round] = (await once(child, 'message')) as [Round | string]
      if (typeof round === 'string') throw new Error(round)
      return round
    },
    close: () => child.disconnect(),
  }
}

async function answerOf(child: ChildProcess, task: ServerTask | null): Promise<Exclude<ServerAnswer, { kind: 'failed' }>> {
  if (task !== null) child.send(task)
  // The process sends nothing else.
  const [answer] = (await once(child, 'message')) as [ServerAnswer]
  if (answer.kind === 'failed') throw new Error(answer.why)
  return answer
}
