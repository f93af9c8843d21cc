import { randomBytes } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { dirname, isAbsolute, join } from 'node:path'
import { StartError } from './startError.ts'

/** How the product runs, read once from the environment. */
export interface Config {
  readonly port: number
  readonly production: boolean
  /** Signs the session cookies. */
  readonly sessionSecret: string
  /** Where usage is kept; a URL that the engine opens. */
  readonly usageUrl: string
  /** Where the product keeps people, their work, and in local mode its usage and its secret. */
  readonly dataFolder: string
  /** Where the built page is. */
  readonly browserFolder: string
  readonly devtools: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

const packageFolder = dirname(findPackageJSON(import.meta.url) ?? import.meta.dirname)

/** Reads the environment and makes sure of the data folder. Throws a `StartError`. */
export function readConfig(env: Environment): Config {
  const production = env['NODE_ENV'] === 'production'
  const port = portOf(env['PORT'])
  const givenSecret = env['SESSION_SECRET'] || null
  if (production && givenSecret === null)
    throw new StartError('SESSION_SECRET is missing: in production, set it to a long random text that signs the session cookies.')
  if (givenSecret !== null && givenSecret.length < 32)
    throw new StartError('SESSION_SECRET is too short: give it at least 32 characters, from a random source.')
  const dataFolder = writableFolder(env['TOLLGATE_DATA'] || join(packageFolder, '.data'))
  return {
    port,
    production,
    sessionSecret: givenSecret ?? keptSecret(dataFolder),
    usageUrl: env['TOLLGATE_URL'] || `file:${join(dataFolder, 'usage.db')}`,
    dataFolder,
    browserFolder: join(packageFolder, 'dist', 'browser'),
    devtools: production ? env['TOLLGATE_DEVTOOLS'] === '1' : env['TOLLGATE_DEVTOOLS'] !== '0',
  }
}

function portOf(text = '3000'): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new StartError(`PORT is '${text}': give a number from 0 to 65535.`)
}

function writableFolder(path: string): string {
  const folder = isAbsolute(path) ? path : join(process.cwd(), path)
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
    return folder
  } catch (cause) {
    throw new StartError(`The data folder ${folder} cannot be written: make it writable, or set TOLLGATE_DATA to another folder.`, {
      cause,
    })
  }
}

/** In local mode sessions outlive a restart without anybody choosing a secret. */
function keptSecret(dataFolder: string): string {
  const path = join(dataFolder, 'session-secret')
  if (existsSync(path)) return readFileSync(path, 'utf8').trim()
  const secret = randomBytes(32).toString('base64url')
  writeFileSync(path, `${secret}\n`, { mode: 0o600 })
  return secret
}
