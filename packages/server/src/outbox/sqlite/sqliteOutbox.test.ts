import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { outboxContract } from '../outboxStore.contract.ts'
import { openSqliteOutbox } from './sqliteOutbox.ts'

outboxContract('an outbox in a SQLite file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-outbox-'))
  return {
    open: (clock) => openSqliteOutbox(join(folder, 'outbox.db'), clock),
    dispose: async () => rmSync(folder, { recursive: true, force: true }),
  }
})
