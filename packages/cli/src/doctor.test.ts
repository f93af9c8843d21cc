import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tollgateIn } from './ledger.fixture.ts'

const fixtures = join(import.meta.dirname, 'doctor')
const doctor = (...args: readonly string[]) => tollgateIn(fixtures, ['doctor', ...args])

describe('tollgate doctor', { timeout: 60_000 }, () => {
  it('finds nothing in a router without slips, runs no procedure, and ends though the module holds the process', () => {
    const { status, stdout, stderr } = doctor('clean.fixture.ts')
    expect({ status, stdout }).toEqual({ status: 0, stdout: '11 procedures, 7 features, 3 plans: nothing to mend\n' })
    expect(stderr).toBe('the application says hello\n')
  })

  it('names each slip by rule, with how it is mended', () => {
    const { status, stdout, stderr } = doctor('slips.fixture.ts')
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' })
    expect(stdout).toMatchSnapshot()
  })

  it('tells a machine the same', () => {
    const { status, stdout } = doctor('slips.fixture.ts', '--json', '--ignore', 'unmetered-procedure:admin.*', '--ignore', 'zero-cost')
    expect(status).toBe(1)
    const report = JSON.parse(stdout)
    expect(report).toMatchObject({ procedures: 6, features: 7, plans: 2, errors: 2, warnings: 3 })
    expect(report.findings.map(({ rule, kind, name }: Record<string, string>) => `${rule} ${kind} ${name}`)).toEqual([
      'missing-cost procedure film',
      'missing-grant procedure archive',
      'metered-query procedure search',
      'unused-feature feature sso',
      'unreachable-plan plan team',
    ])
    expect(report.findings[2]).toEqual({
      rule: 'metered-query',
      severity: 'warning',
      kind: 'procedure',
      name: 'search',
      message: "is a query: every refetch is charged to 'messages' and 'images' again",
      hint: expect.stringContaining('Make it a mutation'),
    })
  })

  it('leaves the output to the report, whatever the modules write', () => {
    expect(JSON.parse(doctor('clean.fixture.ts', '--json').stdout)).toMatchObject({ findings: [] })
  })

  it('looks at the router and the registry that are named', () => {
    const { status, stdout } = doctor('clean.fixture.ts', '--export', 'adminRouter', '--errors-only')
    expect(status).toBe(1)
    expect(stdout).toContain('  reset  is a mutation that is neither metered nor gated\n')
    expect(stdout).toMatch(/^1 procedure, 7 features, 3 plans: 1 error, 0 warnings\n$/m)
    const mixed = doctor('slips.fixture.ts', '--catalog', 'clean.fixture.ts', '--errors-only')
    expect(mixed.stdout).toContain("uses 'videos', which is not in the registry")
  })
})

describe('a module that Node alone cannot run', { timeout: 60_000 }, () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tollgate-doctor-'))
    symlinkSync(join(import.meta.dirname, '../node_modules'), join(folder, 'node_modules'))
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  const files = (texts: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text)
  }

  it('is loaded with enums, paths of a tsconfig, imports without an extension, types imported as values, and await', () => {
    files({
      'tsconfig.json': '{ "compilerOptions": { "paths": { "@/*": ["./*"] } } }',
      'names.ts': "export enum Name { Reset = 'reset' }\nexport interface Context { readonly user: string }",
      'trpc.ts': "import { initTRPC } from '@trpc/server'\nexport const t = await Promise.resolve(initTRPC.create())",
      'router.ts':
        "import { type Name as N, Name, Context } from '@/names'\nimport { t } from './trpc'\nexport type C = Context | N\nexport const router = t.router({ [Name.Reset]: t.procedure.mutation(() => 1) })",
      'catalog.ts': "export const features = { messages: { type: 'metered', consumable: true } }",
    })
    const { status, stdout, stderr } = tollgateIn(folder, ['doctor', 'router.ts', '--catalog', 'catalog.ts'])
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' })
    expect(stdout).toContain('  reset  is a mutation that is neither metered nor gated\n')
    expect(stdout).toContain("1 feature, no export 'plans', so nothing that depends on plans was looked for: 1 error, 1 warning\n")
  })

  it.each([
    ['is not there', {}, ['absent.ts'], /^tollgate: there is no router at .+absent\.ts\n$/],
    ['throws', { 'a.ts': "throw new Error('no database')" }, ['a.ts'], /^tollgate: the router .+a\.ts cannot be loaded: no database\n$/],
    ['is broken', { 'a.ts': 'export const router = {' }, ['a.ts'], /^tollgate: the router .+a\.ts cannot be loaded: .+\n$/],
    [
      'imports what is not there',
      { 'a.ts': "import './absent'" },
      ['a.ts'],
      /^tollgate: the router .+a\.ts cannot be loaded: Cannot find module '\.\/absent'\n$/,
    ],
    ['exports no router', { 'a.ts': 'export const a = 1' }, ['a.ts'], /^tollgate: a\.ts exports no tRPC router: it exports a\n$/],
    [
      'comes without a registry',
      { 'a.ts': "import { initTRPC } from '@trpc/server'\nexport const router = initTRPC.create().router({})" },
      ['a.ts'],
      /^tollgate: a\.ts exports no 'features': name the module that does with --catalog\n$/,
    ],
    ['is named with an option that there is not', {}, ['a.ts', '--wat'], /^error: unknown option '--wat'\n$/],
    [
      'is looked through but for a rule that there is not',
      {},
      ['a.ts', '--ignore', 'all'],
      /there is no rule 'all': the rules are unmetered-procedure, /,
    ],
    ['is not named', {}, [], /^error: missing required argument 'module'\n$/],
  ])('ends with status 2 and one sentence when it %s', (_how, texts, args, sentence) => {
    files(texts)
    const { status, stdout, stderr } = tollgateIn(folder, ['doctor', ...args])
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(sentence)
  })
})
