import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runStudio, startStudio } from './startStudio.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'studio-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Runs the product where it cannot start: its exit code and all that it says. */
async function failure(env: Readonly<Record<string, string>>) {
  const child = runStudio({ TOLLGATE_DATA: folder, PORT: '0', ...env })
  const [code] = await once(child, 'close')
  return { code, output: child.output(), errors: child.errors() }
}

describe('a product that cannot start says why in one sentence', () => {
  it('when its port is taken', async () => {
    const other = createServer().listen(0)
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' && address !== null ? String(address.port) : ''
    const { code, errors } = await failure({ PORT: port })
    other.close()
    expect({ code, errors }).toEqual({
      code: 1,
      errors: `Port ${port} is taken by another program: stop it, or choose another port with PORT.\n`,
    })
  })

  it('when PORT is no port', async () => {
    expect(await failure({ PORT: 'http' })).toEqual({ code: 1, output: '', errors: "PORT is 'http': give a number from 0 to 65535.\n" })
  })

  it('when its data folder cannot be written', async () => {
    // Below a file there are no folders, not even for root.
    const path = join(process.execPath, 'data')
    expect(await failure({ TOLLGATE_DATA: path })).toEqual({
      code: 1,
      output: '',
      errors: `The data folder ${path} cannot be written: make it writable, or set TOLLGATE_DATA to another folder.\n`,
    })
  })

  it('when production has no secret for its sessions', async () => {
    expect(await failure({ NODE_ENV: 'production' })).toEqual({
      code: 1,
      output: '',
      errors: 'SESSION_SECRET is missing: in production, set it to a long random text that signs the session cookies.\n',
    })
  })

  it('when the secret for its sessions can be guessed', async () => {
    const { code, errors } = await failure({ NODE_ENV: 'production', SESSION_SECRET: 'secret' })
    expect({ code, errors }).toEqual({
      code: 1,
      errors: 'SESSION_SECRET is too short: give it at least 32 characters, from a random source.\n',
    })
  })

  it('when its usage cannot be opened', async () => {
    const { code, errors } = await failure({ TOLLGATE_URL: 'ftp://usage' })
    expect(code).toBe(1)
    expect(errors).toMatch(/^Usage cannot be kept at ftp:\/\/usage: .*\n$/)
  })
})

describe('a product that starts', () => {
  it('makes a secret for its sessions in local mode, keeps it, and lets nobody else read it', async () => {
    const studio = await startStudio()
    const path = join(studio.dataFolder, 'session-secret')
    const secret = readFileSync(path, 'utf8')
    expect(secret.trim().length).toBeGreaterThan(40)
    expect(statSync(path).mode & 0o077).toBe(0)
    await studio.restart()
    expect(readFileSync(path, 'utf8')).toBe(secret)
    await studio.dispose()
  })

  it('keeps no secret of its own when it is given one', async () => {
    const studio = await startStudio({ NODE_ENV: 'production', SESSION_SECRET: 'x'.repeat(32) })
    expect(existsSync(join(studio.dataFolder, 'session-secret'))).toBe(false)
    await studio.dispose()
  })

  it('ends with 0 when it is asked to', async () => {
    const studio = await startStudio()
    expect(await studio.stop()).toBe(0)
    await studio.dispose()
  })
})
