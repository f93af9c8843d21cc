import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeStore } from '../store.contract.ts'
import { sqliteStore } from './sqliteStore.ts'

describeStore('SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-'))
  return {
    open: () => sqliteStore(join(folder, 'usage.db')),
    dispose: () => rmSync(folder, { recursive: true }),
  }
})
