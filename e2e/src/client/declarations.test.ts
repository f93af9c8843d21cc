import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'

const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')

/** Everything of a client, exported from a module of the application as people do it. */
const metering = `
import { createMeteringClient } from '@tollgate/client'
import { meteringLinks, operationLink, usageLink } from '@tollgate/client/links'
import type { StudioRouter } from '../../../src/client/studio.ts'
import { features } from '../../../src/client/studio.ts'

const client = createMeteringClient<StudioRouter, typeof features>({ features })
export const { Provider, useFeature, useSuspenseFeature, useGate, Gate, useCustomer, useSuspenseCustomer, usePlans, useUsage, denialOf } = client
export { client }
export const links = { meteringLinks, operationLink: operationLink<StudioRouter>, usageLink: usageLink<StudioRouter> }
export const useCredits = () => useFeature('credits')
export const useLeft = (entity: string) => useCustomer({ entity }).features?.credits
`

it('lets a module of the application export its hooks, also where declarations are made of it', { timeout: 60_000 }, () => {
  const cache = join(import.meta.dirname, '../../node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'declarations-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'metering.ts'), metering)
  const compilerOptions = {
    composite: false,
    incremental: false,
    declaration: true,
    emitDeclarationOnly: true,
    noEmit: false,
    outDir: './out',
    rootDir: '../../../..',
    customConditions: ['@tollgate/source'],
    allowImportingTsExtensions: true,
    rewriteRelativeImportExtensions: false,
    skipLibCheck: true,
    types: ['node'],
    jsx: 'react-jsx',
    lib: ['es2025', 'dom', 'dom.iterable'],
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../../../tsconfig.base.json', compilerOptions, files: ['metering.ts'] }),
  )
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' })
  expect(stdout).toBe('')
  expect(status).toBe(0)
  const emitted = readFileSync(join(folder, 'out/e2e/node_modules/.cache', folder.split('/').at(-1) ?? '', 'metering.d.ts'), 'utf8')
  // Nothing was given up on: an `any` is what a type becomes that cannot be named.
  expect(emitted).toContain('useFeature')
  expect(emitted).not.toMatch(/\bany\b/)
})
