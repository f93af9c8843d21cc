// Finds a Chromium for the browser tests. Run as a program (on the workspace's own Node), it installs one where it can.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'
import { main, SetupError, say } from './setup.mjs'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const macApplications = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/**
 * The path of a Chromium on this machine, or undefined: `TOLLGATE_CHROMIUM`, then PATH, then the one that Playwright installed.
 * @returns {string | undefined}
 */
export function findChromium() {
  const chosen = process.env['TOLLGATE_CHROMIUM']
  if (chosen) return chosen
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin', '/snap/bin']
  const candidates = names.flatMap((name) => folders.map((folder) => join(folder, name)))
  return [...candidates, ...macApplications, chromium.executablePath()].find((path) => path !== '' && existsSync(path))
}

function installChromium() {
  const isRoot = process.getuid?.() === 0
  if (!isRoot || spawnSync('apt-get', ['--version']).status !== 0)
    throw new SetupError(
      'The browser tests need Chromium: install Chromium or Google Chrome, or set TOLLGATE_CHROMIUM to the path of one, then run `npm test` again.',
    )
  say('installing Chromium for the browser tests')
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium', 'fonts-liberation']]) {
    const { status, stdout, stderr } = spawnSync('apt-get', ['-q', ...args], {
      encoding: 'utf8',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
    if (status === 0) continue
    process.stderr.write(`${stdout}${stderr}`)
    throw new SetupError('apt-get could not install Chromium (see above): install it by hand, or set TOLLGATE_CHROMIUM to the path of one.')
  }
}

if (process.argv[1] === import.meta.filename)
  await main(async () => {
    const chosen = process.env['TOLLGATE_CHROMIUM']
    if (chosen && !existsSync(chosen)) throw new SetupError(`TOLLGATE_CHROMIUM names ${chosen}, which does not exist.`)
    if (!findChromium()) installChromium()
    const found = findChromium()
    if (!found) throw new SetupError('Chromium was installed but is not on PATH: set TOLLGATE_CHROMIUM to its path.')
    say(`the browser tests use ${found}`)
    return 0
  })
