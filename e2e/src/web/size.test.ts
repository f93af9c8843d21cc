import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const built = join(import.meta.dirname, '../../../apps/web/dist/browser')

/** Bytes of a built file as browsers are sent it. */
function sentBytes(path: string): number {
  return statSync(join(built, `${path}.br`)).size
}

it('sends a first page that is not larger than it was', () => {
  const html = readFileSync(join(built, 'index.html'), 'utf8')
  const scripts = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map(([, path = '']) => path)
  const total = scripts.reduce((sum, path) => sum + sentBytes(path), 0)
  expect(scripts.length).toBeGreaterThan(0)
  // React, a router, queries, forms and components; the chart is not among them.
  expect(total).toBeLessThan(215_000)
})
