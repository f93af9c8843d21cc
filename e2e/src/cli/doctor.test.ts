import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../../..')

it('tollgate doctor finds nothing to mend in the demo product', () => {
  const main = join(root, 'packages/cli/src/main.ts')
  const args = ['doctor', 'api/routerToInspect.ts', '--catalog', 'catalog.ts']
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=@tollgate/source', main, ...args], {
    cwd: join(root, 'apps/web'),
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatch(/^\d+ procedures, 7 features, 3 plans: nothing to mend\n$/)
})
