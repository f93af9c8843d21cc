import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A line of the studio's log. */
export interface LogLine {
  readonly level: string
  readonly msg: string
  readonly refused?: string | number
  readonly path?: string
  readonly orgId?: string
}

/** The product, running as it does for whoever starts it: a process of its own, with its data in a folder of its own. */
export interface Studio {
  readonly url: string
  readonly dataFolder: string
  /** What it has written down so far. */
  log(): readonly LogLine[]
  /** Asks it to end, waits, and answers its exit code. */
  stop(): Promise<number | null>
  /** Ends it and starts it again at the same address, on the same data. */
  restart(): Promise<void>
  /** Ends it and forgets its data. */
  dispose(): Promise<void>
}

const entry = join(import.meta.dirname, '../../../apps/web/dist/server/api/main.js')

/** Runs the product's entry to its end or to its first line; the environment is the given one alone. */
export function runStudio(
  env: Readonly<Record<string, string>>,
): ChildProcess & { readonly output: () => string; readonly errors: () => string } {
  if (!existsSync(entry)) throw new Error(`${entry} does not exist: run pnpm build first`)
  const child = spawn(process.execPath, [entry], { env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let [output, errors] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  return Object.assign(child, { output: () => output, errors: () => errors })
}

/** Starts the product on a free port and waits until it answers. */
export async function startStudio(env: Readonly<Record<string, string>> = {}): Promise<Studio> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'studio-'))
  let written = ''
  let current = await launch({ PORT: '0', TOLLGATE_DATA: dataFolder, ...env })
  const { port } = new URL(current.url)

  const stop = async (): Promise<number | null> => {
    const { child } = current
    if (child.exitCode === null) {
      const exit = once(child, 'exit')
      child.kill('SIGTERM')
      await exit
    }
    return child.exitCode
  }
  return {
    url: current.url,
    dataFolder,
    log: () =>
      `${written}${current.child.output()}`.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as LogLine] : [])),
    stop,
    async restart() {
      await stop()
      written += current.child.output()
      current = await launch({ TOLLGATE_DATA: dataFolder, ...env, PORT: port })
    },
    async dispose() {
      await stop()
      rmSync(dataFolder, { recursive: true, force: true })
    },
  }
}

async function launch(env: Readonly<Record<string, string>>) {
  const child = runStudio(env)
  const url = await new Promise<string>((resolve, reject) => {
    const look = () => {
      const [, found] = /open on (http:\S+)/.exec(child.output()) ?? []
      if (found) resolve(found)
    }
    child.stdout?.on('data', look)
    child.on('exit', (code) => reject(new Error(`the studio ended with ${code}: ${child.errors()}`)))
  })
  return { child, url }
}
