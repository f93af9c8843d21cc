import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { type Effort, type Measurement, measureAll } from './autumn/measure.ts'
import { startRemoteServer } from './autumn/remoteServer.ts'
import { tableOf } from './autumn/report.ts'

const numbers = (text: string): readonly number[] => text.split(',').map(Number)

const { json, latencies, ...effort } = new Command('bench:autumn')
  .description(
    'Measures what metering adds to a procedure: autumn-js by hand, the same through meteredProcedure, and the embedded engine, with latency added to every round trip to one server.',
  )
  .option('--json <file>', 'write the measurements to a file')
  .option('--latencies <numbers>', 'added to every round trip, in ms', numbers, [0, 5, 50])
  .option('--rounds <number>', 'how often each load is repeated: the medians are told', Number, 3)
  .option('--calls <number>', 'calls of one round', Number, 200)
  .option('--in-flight <number>', 'calls under way at any time, each of a customer of its own', Number, 4)
  .option('--work-ms <number>', 'how long the work of a call takes; it is not counted', Number, 10)
  .parse()
  .opts<Effort & { readonly json?: string; readonly latencies: readonly number[] }>()

const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'))
const server = await startRemoteServer(`file:${join(folder, 'server.db')}`)
try {
  const measurements: Measurement[] = []
  for (const latencyMs of latencies) {
    const measured = await measureAll(server, folder, latencyMs, effort, (doing) => process.stderr.write(`${doing}\n`))
    measurements.push(...measured)
    console.log(tableOf(measured))
  }
  const report = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cpus: cpus().length, ...effort, measurements }
  // pnpm starts the script in this package's folder; the path is meant from where the person stands.
  if (json !== undefined) await writeFile(resolve(process.env['INIT_CWD'] ?? '.', json), `${JSON.stringify(report, null, 2)}\n`)
} finally {
  await server.close()
  await rm(folder, { recursive: true })
}
