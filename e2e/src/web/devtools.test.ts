import type { Page } from 'playwright-core'
import { describe, expect } from 'vitest'
import { startStudio } from './startStudio.ts'
import { it } from './studioTest.ts'
import { accessOf, callAs, expectBalance, visitAs } from './visitor.ts'

async function openDevtools(page: Page, path: string): Promise<void> {
  await page.goto(path)
  await page.getByRole('button', { name: 'Devtools' }).click()
}

/** The newest events, as the panel tells them: `reserve images.generate held`. */
async function eventsOf(page: Page): Promise<readonly string[]> {
  const rows = await page.getByRole('region', { name: 'Timeline' }).getByRole('row').all()
  const texts = await Promise.all(rows.slice(1).map((row) => row.getByRole('cell').allInnerTexts()))
  return texts.map(([, kind, procedure, units, outcome]) => [kind, procedure, units, outcome].join(' | '))
}

describe('the devtools', () => {
  it('tell of checks, holds, commits and denials as they happen, with how long they took', async ({ visit }) => {
    const page = await visit('ada')
    await openDevtools(page, '/images')
    await page.getByRole('button', { name: 'Generate 4 images' }).click()
    await expectBalance(page, 'credits', 60)
    await expect.poll(() => eventsOf(page)).toContain('reserve | images.generate | 4 image_gen | held')
    await expect.poll(() => eventsOf(page)).toContain('commit | images.generate | 4 image_gen | committed')
    const refused = await page.context().request.post('/trpc/exports.works', { data: {} })
    expect(refused.status()).toBe(403)
    await expect.poll(() => eventsOf(page)).toContain('check | – | 1 data_export | denied: feature_not_in_plan')
    const took = await page.getByRole('region', { name: 'Timeline' }).getByRole('cell', { name: /ms$/ }).first().innerText()
    expect(took).toMatch(/^[\d.]+ ms$/)

    const reads = async () => (await eventsOf(page)).filter((event) => event === 'access | – | – | answered').length
    expect(await reads()).toBe(0)
    await page.getByRole('checkbox', { name: 'Show reads' }).check()
    await expect.poll(reads).toBeGreaterThan(0)
  })

  it('set a balance, and the page follows', async ({ visit }) => {
    const page = await visit('ada')
    await openDevtools(page, '/images')
    await page.getByRole('textbox', { name: 'Left' }).fill('15')
    await page.getByRole('button', { name: 'Set', exact: true }).click()
    await expectBalance(page, 'credits', 15)
    await page.getByRole('main').getByText('This needs 40 credits, and you have 15.').waitFor()
  })

  it('move the clock of the organisation, and what was used is there again after its reset', async ({ visit }) => {
    const page = await visit('ada')
    for (const n of [6, 4]) await callAs(page, 'images.generate', { prompt: 'Moss', style: 'mosaic', n, seed: n })
    await openDevtools(page, '/images')
    await page.getByRole('main').getByText('Not enough credits left').waitFor()
    const before = (await accessOf(page)).at
    await page.getByRole('button', { name: '31 days ahead' }).click()
    await expectBalance(page, 'credits', 100)
    await expect.poll(() => page.getByRole('main').getByText('Not enough credits left').count()).toBe(0)
    expect((await accessOf(page)).at - before).toBeGreaterThanOrEqual(31 * 86_400_000)
    await page.getByRole('button', { name: 'Generate 4 images' }).click()
    await expectBalance(page, 'credits', 60)
  })

  it('break the backend: the page says so, shows no paywall, charges nothing, and is itself again when it is mended', async ({ visit }) => {
    const page = await visit('ada')
    await openDevtools(page, '/images')
    await expectBalance(page, 'credits', 100)
    await page.getByRole('button', { name: 'Break it' }).click()
    await page.getByRole('button', { name: 'Mend it' }).waitFor()
    await page.getByRole('button', { name: 'Generate 4 images' }).click()
    await page.getByRole('main').getByText('Your balance cannot be checked right now').waitFor()
    expect(await page.getByRole('main').getByText('Not enough credits left').count()).toBe(0)
    await page.getByRole('button', { name: 'Mend it' }).click()
    await page.getByRole('button', { name: 'Break it' }).waitFor()
    await page.getByRole('button', { name: 'Generate 4 images' }).click()
    await expectBalance(page, 'credits', 60)
    await expect
      .poll(() =>
        page
          .getByRole('main')
          .getByText(/cannot be (?:checked|read) right now/)
          .count(),
      )
      .toBe(0)
  })
})

it('has no devtools in production unless they are asked for', async ({ browser }) => {
  const production = { NODE_ENV: 'production', SESSION_SECRET: 'a secret for this test alone, long enough' }
  for (const [env, status, buttons] of [
    [production, 404, 0],
    [{ ...production, TOLLGATE_DEVTOOLS: '1' }, 200, 1],
  ] as const) {
    const studio = await startStudio(env)
    const page = await visitAs(browser, studio, 'ada')
    await page.goto('/images')
    await expectBalance(page, 'credits', 100)
    await expect.poll(() => page.getByRole('button', { name: 'Devtools' }).count()).toBe(buttons)
    const response = await page.context().request.post('/trpc/devtools.setBalance', { data: { featureId: 'credits', remaining: 1_000 } })
    expect(response.status()).toBe(status)
    await page.context().close()
    await studio.dispose()
  }
})
