import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

/** The command of the published package; its entry point is another. */
const atmn = join(dirname(fileURLToPath(import.meta.resolve('atmn'))), '..', 'cli.js')

it('is previewed by the published atmn, every plan and every item of it, without an account', { timeout: 60_000 }, async () => {
  const { AUTUMN_SECRET_KEY: _, ...env } = process.env
  const config = join(import.meta.dirname, 'autumn.config.fixture.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [atmn, '-c', config, 'preview'], { env })
  expect(stdout.trim()).toBe(
    `
╭ Free ─────────────────────────────────────╮
│ Free                                      │
│ ├─ 20 Messages per month                  │
│ ├─ 5 Images per 7 days                    │
│ └─ 100 Credits one-off                    │
╰───────────────────────────────────────────╯

╭ Pro ──────────────────────────────────────╮
│ $20/month · 14 days free trial            │
│ ├─ Unlimited Messages                     │
│ ├─ 3 Seats                                │
│ │  then $5 per Seat per month             │
│ ├─ Single sign-on                         │
│ ├─ 5,000 Credits                          │
│ │  then $10 per 1,000 Credits per month   │
│ └─ $1 per 100 Credits per month           │
╰───────────────────────────────────────────╯

╭ Team ─────────────────────────────────────╮
│ $200/year                                 │
│ └─ 1,000 Messages per month               │
╰───────────────────────────────────────────╯

╭ Credit pack ──────────────────────────────╮
│ $5one-off                                 │
│ └─ 500 Credits one-off                    │
╰───────────────────────────────────────────╯`.trim(),
  )
})
