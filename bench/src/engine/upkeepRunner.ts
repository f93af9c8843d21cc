import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measureUpkeep } from './upkeep.ts'

// Measures the upkeep of a SQLite store in a process of its own: `node upkeepRunner.ts IN_FLIGHT SECONDS`.

const [inFlight, seconds] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'))
const result = await measureUpkeep(join(folder, 'usage.db'), Number(inFlight), Number(seconds))
rmSync(folder, { recursive: true })
process.send?.(result)
