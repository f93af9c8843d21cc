import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import type { FillResult, StageMessage, UseResult } from './growth/stage.ts'

interface Measurement {
  readonly customers: number
  readonly entries: number
  readonly fill: FillResult
  readonly fileMb: number
  /** After the process before was closed. */
  readonly closed: UseResult
  /** After the process before was killed. */
  readonly killed: UseResult
}

const numbers = (text: string): readonly number[] => text.split(',').map(Number)

const { json, customers, perCustomer } = new Command()
  .description('Measures a SQLite file as it grows: time per call, memory, time to open, size.')
  .option('--json <file>', 'write the measurements to a file')
  .option('--customers <numbers>', 'how many customers there are', numbers, [1_000, 100_000, 1_000_000])
  .option('--per-customer <number>', 'entries of each customer', Number, 10)
  .parse()
  .opts<{ json?: string; customers: readonly number[]; perCustomer: number }>()

const measurements: Measurement[] = []
for (const count of customers) {
  measurements.push(await measure(count, count * perCustomer))
  console.log(tableOf(measurements))
}
const report = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cpus: cpus().length, measurements }
// pnpm starts the script in this package's folder; the path is meant from where the person stands.
if (json !== undefined) await writeFile(resolve(process.env['INIT_CWD'] ?? '.', json), `${JSON.stringify(report, null, 2)}\n`)

async function measure(count: number, entries: number): Promise<Measurement> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-growth-'))
  const file = join(folder, 'usage.db')
  try {
    const fill = (await run('fill', file, count, entries)) as FillResult
    const fileMb = statSync(file).size / 1e6
    const closed = (await run('use', file, count, entries)) as UseResult
    await run('crash', file, count, entries)
    const killed = (await run('use', file, count, entries)) as UseResult
    return { customers: count, entries, fill, fileMb, closed, killed }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Runs a stage; answers what came of it, or nothing when it was killed. */
async function run(stage: string, file: string, count: number, entries: number): Promise<unknown> {
  const startedAt = performance.now()
  const child = fork(join(import.meta.dirname, 'growth', 'stage.ts'), [stage, file, String(count), String(entries)])
  let result: unknown
  child.on('message', (message: StageMessage) => {
    if ('share' in message) {
      const seconds = Math.round((performance.now() - startedAt) / 1_000)
      showProgress(`${count.toLocaleString('en')} customers: ${stage}, ${Math.floor(message.share * 100)} % after ${seconds} s`)
      return
    }
    result = message.result
    child.disconnect()
  })
  const [code, signal] = await once(child, 'exit')
  showProgress('')
  if (code !== 0 && signal !== 'SIGKILL') throw new Error(`the stage '${stage}' failed`)
  return result
}

/** Beside the table, where somebody looks on: one line, written over. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}

function tableOf(rows: readonly Measurement[]): string {
  const line = (name: string, cellOf: (row: Measurement) => string): string =>
    `${name.padEnd(44)}${rows.map((row) => cellOf(row).padStart(14)).join('')}`
  return [
    '',
    line('customers', (row) => row.customers.toLocaleString('en')),
    line('entries', (row) => row.entries.toLocaleString('en')),
    line('filled, entries a second', (row) => row.fill.entriesPerSecond.toLocaleString('en')),
    line('file, MB', (row) => row.fileMb.toFixed(0)),
    line('bytes an entry', (row) => ((row.fileMb * 1e6) / row.entries).toFixed(0)),
    line('open to first read, ms', (row) => row.closed.openMs.toFixed(1)),
    line('  after a kill under load, ms', (row) => row.killed.openMs.toFixed(1)),
    line('memory after opening, MB', (row) => row.closed.rssAfterOpenMb.toFixed(0)),
    line('memory after 300,000 calls and checks, MB', (row) => row.closed.rssMb.toFixed(0)),
    line('calls over all customers, 64 in flight, /s', (row) => row.closed.spread.perSecond.toLocaleString('en')),
    line('  p50 / p99, ms', (row) => `${row.closed.spread.p50Ms.toFixed(2)} / ${row.closed.spread.p99Ms.toFixed(1)}`),
    line('calls over 1,000 customers, 64 in flight, /s', (row) => row.closed.busy.perSecond.toLocaleString('en')),
    line('  p50 / p99, ms', (row) => `${row.closed.busy.p50Ms.toFixed(2)} / ${row.closed.busy.p99Ms.toFixed(1)}`),
    line('a check of any customer, µs', (row) => row.closed.checkUs.toFixed(1)),
  ].join('\n')
}
