// `npm start`: from a fresh clone to the demo product in the browser.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { main, root, run, runQuietly, say, setUp } from './setup.mjs'

await main(async () => {
  await setUp()
  say('building')
  runQuietly(
    'pnpm',
    ['exec', 'turbo', 'run', 'build', '--filter=@tollgate/web...', '--output-logs=errors-only'],
    'The build failed (see above).',
  )

  // Started without a package manager in between, so that a signal ends the server itself.
  const ownNode = join(root, 'node_modules', '.bin', 'node')
  return run(existsSync(ownNode) ? ownNode : process.execPath, [join(root, 'apps', 'web', 'dist', 'server', 'api', 'main.js')])
})
