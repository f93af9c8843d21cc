import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readConfig } from './config.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('keeps usage in the data folder, and the devtools on, unless it is told otherwise', () => {
  expect(readConfig({ TOLLGATE_DATA: folder })).toMatchObject({
    port: 3000,
    production: false,
    devtools: true,
    usageUrl: `file:${join(folder, 'usage.db')}`,
  })
  expect(readConfig({ TOLLGATE_DATA: folder, TOLLGATE_URL: 'memory:', TOLLGATE_DEVTOOLS: '0', PORT: '8080' })).toMatchObject({
    port: 8080,
    devtools: false,
    usageUrl: 'memory:',
  })
})

it('keeps the devtools off in production unless they are asked for', () => {
  const production = { TOLLGATE_DATA: folder, NODE_ENV: 'production', SESSION_SECRET: 'x'.repeat(32) }
  expect(readConfig(production).devtools).toBe(false)
  expect(readConfig({ ...production, TOLLGATE_DEVTOOLS: '1' }).devtools).toBe(true)
})

it('makes a secret once', () => {
  const { sessionSecret } = readConfig({ TOLLGATE_DATA: folder })
  expect(readConfig({ TOLLGATE_DATA: folder }).sessionSecret).toBe(sessionSecret)
  expect(readConfig({ TOLLGATE_DATA: folder, SESSION_SECRET: 'y'.repeat(32) }).sessionSecret).toBe('y'.repeat(32))
})

it.each([
  [{ PORT: '70000' }, "PORT is '70000'"],
  [{ NODE_ENV: 'production' }, 'SESSION_SECRET is missing'],
  [{ SESSION_SECRET: 'short' }, 'SESSION_SECRET is too short'],
])('refuses %o with a sentence', (env, sentence) => {
  expect(() => readConfig({ TOLLGATE_DATA: folder, ...env })).toThrow(sentence)
})
