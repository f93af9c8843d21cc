import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryStore } from './store/memory/memoryStore.ts'
import { crashedCopy } from './store/sqlite/folder.fixture.ts'
import { sqliteStore } from './store/sqlite/sqliteStore.ts'
import { describeFaults } from './testing/faults.contract.ts'

describeFaults('memory', ['refused', 'answer lost'], () => {
  const store = memoryStore(() => 0)
  return { open: () => store, reopenAfterCrash: () => store }
})

describeFaults('SQLite', ['refused', 'answer lost', 'killed before', 'killed after'], () => {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-'))
  let path = join(folder, 'usage.db')
  const open = () => sqliteStore(path, { clock: () => 0, foldAfter: 5, cachedCustomers: 1 })
  return {
    open,
    reopenAfterCrash() {
      path = crashedCopy(path)
      return open()
    },
    dispose: () => rmSync(folder, { recursive: true }),
  }
})
