// `npm test`: from a fresh clone to every check and test, in a real browser too.
import { main, run, setUp } from './setup.mjs'

await main(async () => {
  await setUp()
  const ready = await run('pnpm', ['exec', 'node', 'scripts/chromium.mjs'])
  return ready === 0 ? run('pnpm', ['run', 'check']) : ready
})
