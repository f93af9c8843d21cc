// Runs before anything is installed, on any Node from 18: nothing but Node's own modules here.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const tools = join(root, '.tools')
const windows = process.platform === 'win32'
const pnpmVersion = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager.split('@')[1]

/** A failure that the person at the keyboard can act on: printed as its sentence, without a stack. */
export class SetupError extends Error {}

/** @param {string} line */
export function say(line) {
  process.stdout.write(`[tollgate] ${line}\n`)
}

/**
 * The environment for every command after the set-up: the pinned pnpm comes first on PATH, for turbo looks it up there.
 * @type {NodeJS.ProcessEnv}
 */
export const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' }

/**
 * Runs a command to its end and answers its exit code; signals sent to this process reach it.
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
export function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: 'inherit', shell: windows })
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => {
      // A terminal gives its Ctrl-C to the child as well, and a second one may mean "at once".
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    }
    process.on('SIGINT', forward).on('SIGTERM', forward).on('SIGHUP', forward)
    const watch = whenOrphaned(() => child.kill('SIGTERM'))
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      clearInterval(watch)
      process.off('SIGINT', forward).off('SIGTERM', forward).off('SIGHUP', forward)
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143))
    })
  })
}

/**
 * A signal to npm itself ends npm and the shell it started, but never gets here: what can be seen is that the shell is gone.
 * @param {() => void} act
 * @returns {NodeJS.Timeout | undefined}
 */
function whenOrphaned(act) {
  if (process.env['npm_lifecycle_event'] === undefined) return undefined
  const parent = process.ppid
  return setInterval(() => process.ppid !== parent && act(), 250)
}

/**
 * Runs a command without showing its output, unless it fails.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} sentence what to say when it fails
 */
export function runQuietly(command, args, sentence) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd: root, env, encoding: 'utf8', shell: windows })
  if (status === 0) return
  const output = `${stdout ?? ''}${stderr ?? ''}${error ? `${error.message}\n` : ''}`
  process.stderr.write(output.replace(/^npm error (?: *at .*| *\w+: .*|}|A complete log .*)?\n/gm, ''))
  throw new SetupError(sentence)
}

/** @param {string} command */
function isPinnedPnpm(command) {
  // Outside of the project: inside, a pnpm of another version would try to become the pinned one.
  const { status, stdout } = spawnSync(command, ['--version'], { cwd: tmpdir(), encoding: 'utf8', shell: windows })
  return status === 0 && stdout.trim() === pnpmVersion
}

/** Puts the pinned pnpm first on PATH, and installs it into a folder of the project's own where the machine lacks it. */
function providePnpm() {
  if (isPinnedPnpm('pnpm')) return
  const bin = join(tools, 'node_modules', '.bin')
  if (!existsSync(join(bin, 'pnpm')) || !isPinnedPnpm(join(bin, 'pnpm'))) {
    say(`installing pnpm ${pnpmVersion} into .tools`)
    mkdirSync(tools, { recursive: true })
    writeFileSync(join(tools, 'package.json'), '{ "private": true }\n')
    const install = ['install', '--prefix', tools, '--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error']
    const impatient = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=3000']
    runQuietly(
      'npm',
      [...install, ...impatient, `pnpm@${pnpmVersion}`],
      `pnpm ${pnpmVersion} could not be installed: check that this machine reaches the npm registry, then run the command again.`,
    )
  }
  env['PATH'] = `${bin}${delimiter}${env['PATH'] ?? ''}`
}

/** Brings the workspace's packages to what the lockfile says; a fraction of a second when they are there already. */
async function installPackages() {
  say('installing packages')
  const code = await run('pnpm', ['install', '--frozen-lockfile', ...(process.stdout.isTTY ? [] : ['--reporter=append-only'])])
  if (code === 130 || code === 143) process.exit(code)
  if (code !== 0)
    throw new SetupError(
      'The packages could not be installed (see above): check that this machine reaches the npm registry and that its disk has room, then run the command again.',
    )
}

/** Makes a fresh clone ready: pnpm, then every package. */
export async function setUp() {
  const [major] = process.versions.node.split('.')
  if (Number(major) < 18) throw new SetupError(`This needs Node 18 or newer, and this is Node ${process.versions.node}.`)
  const started = performance.now()
  providePnpm()
  await installPackages()
  say(`packages are ready (${((performance.now() - started) / 1000).toFixed(1)} s)`)
}

/**
 * Runs a script's body: its number is the exit code, and a SetupError is told in one sentence.
 * @param {() => Promise<number>} body
 */
export async function main(body) {
  try {
    process.exitCode = await body()
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    process.stderr.write(`\n[tollgate] ${error.message}\n`)
    process.exitCode = 1
  }
}
