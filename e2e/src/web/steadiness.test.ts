import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { it } from './studioTest.ts'
import { callAs, expectBalance } from './visitor.ts'

const paths = ['images', 'briefs', 'summaries', 'api', 'export', 'usage', 'plans', 'team']

/** In the page, before anything else: adds up how far things move that nobody moved. */
function addUpShifts(): void {
  const shifts = { sum: 0, moved: [''] }
  Object.assign(window, { shifts })
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      shifts.sum += Number(Reflect.get(entry, 'value'))
      const sources: readonly { readonly node?: Element }[] = Reflect.get(entry, 'sources')
      shifts.moved.push(...sources.map(({ node }) => node?.outerHTML?.slice(0, 120) ?? '?'))
    }
  }).observe({ type: 'layout-shift', buffered: true })
}

interface Shifts {
  readonly sum: number
  readonly moved: readonly string[]
}

const shiftsOf = (page: Page) => page.evaluate((): Shifts => Reflect.get(window, 'shifts'))

it.for([390, 1440])('puts what comes where its placeholder was, in a window of %i pixels', async (width, { visit }) => {
  const page = await visit('ada', { viewport: { width, height: 844 } })
  await callAs(page, 'images.generate', { prompt: 'Moss', style: 'mosaic', n: 2, seed: 1 })
  await page.addInitScript(addUpShifts)
  // The answers come late and one after the other, so that every placeholder is seen.
  let late = 0
  await page.route(/\/trpc\/(?!.*changes)/, async (route) => {
    late = (late + 40) % 200
    await new Promise((resolve) => setTimeout(resolve, 60 + late))
    await route.continue()
  })
  for (const path of paths) {
    await page.goto(`/${path}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.waitForFunction(() => document.querySelector('.animate-pulse') === null)
    await page.waitForFunction(() => [...document.images].every((image) => image.complete))
    await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)))
    const { sum, moved } = await shiftsOf(page)
    // A tenth is what counts as good; what is left is text that becomes a little wider.
    expect(sum, `${path}: ${moved.join('\n')}`).toBeLessThan(0.02)
  }
})

it('moves nothing for those who asked for that', async ({ visit }) => {
  const page = await visit('ada', { reducedMotion: 'reduce' })
  await page.goto('/plans')
  await expectBalance(page, 'credits', 100)
  await page.getByRole('button', { name: 'Switch to Pro' }).click()
  await page.getByRole('alertdialog').waitFor()
  const longest = await page.evaluate(() =>
    Math.max(
      ...[...document.querySelectorAll('*')].flatMap((element) => {
        const { transitionDuration, animationDuration } = getComputedStyle(element)
        return [...transitionDuration.split(','), ...animationDuration.split(',')].map((each) => Number.parseFloat(each))
      }),
    ),
  )
  expect(longest).toBeLessThan(0.001)
})

it('tells of values that cannot be read, and shows neither zeros nor placeholders in their place', async ({ visit }) => {
  const page = await visit('ada')
  await callAs(page, 'devtools.breakBackend', { broken: true })
  await page.clock.install()
  for (const [path, told] of [
    ['usage', 'Usage cannot be shown right now'],
    ['plans', 'Not known right now'],
    ['team', 'Not known right now'],
  ] as const) {
    await page.goto(`/${path}`)
    // It tries again for a while before it says so.
    const banner = page.getByRole('group', { name: 'Balances cannot be read right now' })
    await expect.poll(() => page.clock.fastForward(1_000).then(() => banner.count())).toBe(1)
    await page.getByRole('main').getByText(told).first().waitFor()
    await expect.poll(() => page.locator('.animate-pulse').count()).toBe(0)
    expect(await page.getByRole('main').innerText()).not.toMatch(/\b0 of|not in your plan|Switch to/)
  }
})
