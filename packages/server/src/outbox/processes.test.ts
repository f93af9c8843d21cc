import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startTestServer, type TestServer } from '../../../engine/src/store/postgres/testServer.fixture.ts'
import type { Order, Report } from './outboxProcess.fixture.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

async function fileUrl(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-outbox-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return `file:${join(folder, 'outbox.db')}`
}

interface Process {
  follow<T>(order: Order): Promise<T>
  kill(): Promise<void>
}

/** Another process on an outbox, whose clock may be ahead of the others'. */
async function startProcess(url: string, aheadMs = 0): Promise<Process> {
  const child: ChildProcess = fork(fileURLToPath(new URL('outboxProcess.fixture.ts', import.meta.url)), [url, String(aheadMs)], {
    execArgv: ['--conditions=@tollgate/source'],
  })
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  onTestFinished(kill)
  await once(child, 'message')
  return {
    async follow(order) {
      const answered = once(child, 'message')
      child.send(order)
      const [answer] = await answered
      return answer
    },
    kill,
  }
}

const numbered = (what: string, count: number): readonly string[] => Array.from({ length: count }, (_, i) => `${what} ${i}`)

describe.each([
  ['one SQLite file', fileUrl],
  ['one PostgreSQL database', () => server.createDatabase()],
] as const)('two processes on %s', (_, place) => {
  it('bring its schema up to date at once, begin every operation once, and send every delivery once', async () => {
    const url = await place()
    const processes = await Promise.all([startProcess(url), startProcess(url)])
    const begun = await Promise.all(processes.map((each) => each.follow<readonly string[]>({ kind: 'begin', ids: numbered('op', 150) })))
    expect(begun.flat().toSorted()).toEqual(numbered('op', 150).toSorted())
    await Promise.all(processes.map((each, index) => each.follow({ kind: 'record', own: false, keys: numbered(`of ${index}`, 150) })))
    const reports = await Promise.all(processes.map((each) => each.follow<Report>({ kind: 'pump' })))
    const all = [...numbered('of 0', 150), ...numbered('of 1', 150)]
    expect(reports.flatMap(({ sent }) => sent).toSorted()).toEqual(all.toSorted())
    expect(reports.flatMap(({ takenOver }) => takenOver)).toEqual([])
  })

  it('take over from one another what a killed one had recorded, and its operations', async () => {
    const url = await place()
    // Half a minute of silence is how a process is found to be gone, where nothing else tells.
    const [killed, other] = await Promise.all([startProcess(url), startProcess(url, 31_000)])
    const ids = numbered('op', 5)
    expect(await killed.follow({ kind: 'begin', ids })).toEqual(ids)
    await killed.follow({ kind: 'record', own: true, keys: numbered('left', 40) })
    await killed.kill()
    const { sent, takenOver } = await other.follow<Report>({ kind: 'pump' })
    expect(sent.toSorted()).toEqual(numbered('left', 40).toSorted())
    expect(takenOver.toSorted()).toEqual(sent.toSorted())
    expect(await other.follow({ kind: 'begin', ids })).toEqual(ids)
  })
})
