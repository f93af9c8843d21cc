import type { Page, Request } from 'playwright-core'
import { describe, expect } from 'vitest'
import { it } from './studioTest.ts'
import { accessOf, callAs, expectBalance, shownBalance } from './visitor.ts'

describe('two tabs of one browser', () => {
  it('show the same balance, whichever of them spends', async ({ visit }) => {
    const first = await visit('ada')
    const second = await first.context().newPage()
    await first.goto('/images')
    await second.goto('/usage')
    await expectBalance(second, 'credits', 100)
    await first.bringToFront()
    await first.getByRole('button', { name: 'Generate 4 images' }).click()
    await expectBalance(first, 'credits', 60)
    await second.bringToFront()
    await expectBalance(second, 'credits', 60)
  })

  it('follow a plan that is switched in the other one', async ({ visit }) => {
    const first = await visit('ada')
    const second = await first.context().newPage()
    for (const n of [6, 4]) await callAs(first, 'images.generate', { prompt: 'Moss', style: 'mosaic', n, seed: n })
    await first.goto('/images')
    await first.getByRole('main').getByText('Not enough credits left').waitFor()
    await second.goto('/plans')
    await second.getByRole('button', { name: 'Switch to Pro' }).click()
    await second.getByRole('alertdialog').getByRole('button', { name: 'Switch to Pro' }).click()
    await expectBalance(second, 'credits', 5_000)
    await first.bringToFront()
    await expectBalance(first, 'credits', 5_000)
    await expect.poll(() => first.getByRole('main').getByText('Not enough credits left').count()).toBe(0)
    expect(await first.getByRole('button', { name: 'Generate 4 images' }).isEnabled()).toBe(true)
  })

  it('follow each other to another organisation', async ({ visit }) => {
    const first = await visit('ada')
    const second = await first.context().newPage()
    await callAs(first, 'images.generate', { prompt: 'Moss', style: 'mosaic', n: 4, seed: 1 })
    await first.goto('/images')
    await second.goto('/images')
    await expectBalance(second, 'credits', 60)
    await first.getByRole('button', { name: 'Organisation: Lighthouse Press' }).click()
    await first.getByRole('menuitemradio', { name: /Ferry & Sons/ }).click()
    await second.getByRole('button', { name: 'Organisation: Ferry & Sons' }).waitFor()
    await expectBalance(second, 'credits', 100)
    await expectBalance(first, 'credits', 100)
  })
})

it('tells a refusal in place when the page could not know of it, and shows what is left', async ({ visit }) => {
  const page = await visit('ada')
  await page.route('**/trpc/usage.changes**', (route) => route.abort())
  await page.goto('/images')
  await expectBalance(page, 'credits', 100)
  for (const n of [6, 3]) await callAs(page, 'images.generate', { prompt: 'Moss', style: 'mosaic', n, seed: n })
  expect(await shownBalance(page, 'credits')).toBe('100')
  await page.getByRole('button', { name: 'Generate 4 images' }).click()
  await page.getByRole('main').getByText('This needs 40 credits, and you have 10.').waitFor()
  await expectBalance(page, 'credits', 10)
  await page.getByRole('button', { name: 'Switch to Pro' }).waitFor()
})

describe('a page that goes offline', () => {
  it('says so, keeps what it knew, refuses nothing for it, and is right again when it is back', async ({ visit }) => {
    const page = await visit('ada')
    const elsewhere = await visit('ada')
    await page.goto('/images')
    await expectBalance(page, 'credits', 100)
    await page.context().setOffline(true)
    await page.getByRole('main').getByText('You are offline').waitFor()
    expect(await shownBalance(page, 'credits')).toBe('100')
    expect(await page.getByRole('main').getByText('Not enough credits left').count()).toBe(0)

    await callAs(elsewhere, 'images.generate', { prompt: 'Moss', style: 'mosaic', n: 3, seed: 1 })
    await page.context().setOffline(false)
    await expect.poll(() => page.getByRole('main').getByText('You are offline').count()).toBe(0)
    await expectBalance(page, 'credits', 70)
  })

  it('sends what was asked for meanwhile once, when it is back', async ({ visit }) => {
    const page = await visit('ada')
    await page.goto('/images')
    await expectBalance(page, 'credits', 100)
    await page.context().setOffline(true)
    await page.getByRole('main').getByText('You are offline').waitFor()
    await page.getByRole('button', { name: 'Generate 4 images' }).click()
    await page.context().setOffline(false)
    await expectBalance(page, 'credits', 60)
    await expect.poll(() => page.getByRole('list', { name: 'Images' }).getByRole('img').count()).toBe(4)
    expect((await accessOf(page)).features['credits']).toMatchObject({ used: 40, held: 0 })
  })
})

it('makes one request for a metered mutation, and none after it', async ({ visit }) => {
  const page = await visit('ada')
  await page.goto('/images')
  await expectBalance(page, 'credits', 100)
  const requests: string[] = []
  const note = (request: Request) => {
    const { pathname } = new URL(request.url())
    if (pathname.startsWith('/trpc/')) requests.push(`${request.method()} ${pathname}`)
  }
  page.on('request', note)
  await page.getByRole('button', { name: 'Generate 4 images' }).click()
  await expect.poll(() => shownBalance(page, 'credits')).toBe('60')
  await untilQuiet(page)
  expect(requests).toEqual(['POST /trpc/images.generate'])

  await page.goto('/summaries')
  await expect.poll(() => shownBalance(page, 'messages')).toBe('20')
  await untilQuiet(page)
  requests.length = 0
  await page.getByRole('button', { name: 'Summarize' }).click()
  await expect.poll(() => shownBalance(page, 'messages')).toBe('19')
  await untilQuiet(page)
  expect(requests).toEqual(['POST /trpc/texts.summarize'])
})

/** Waits until the page has done all that it was about to: its pictures are there, and it was idle twice. */
async function untilQuiet(page: Page): Promise<void> {
  await page.waitForFunction(() => [...document.images].every((image) => image.complete))
  await page.evaluate(async () => {
    for (let times = 0; times < 2; times += 1) await new Promise((resolve) => requestIdleCallback(resolve))
  })
}

it('never shows a refusal while it is loading', async ({ visit }) => {
  const page = await visit('ada')
  await page.addInitScript(() => {
    const refusals: string[] = []
    Object.assign(window, { refusals })
    new MutationObserver(() => {
      const text = document.body?.innerText ?? ''
      if (/not enough|not in your plan/i.test(text)) refusals.push(text)
    }).observe(document, { childList: true, subtree: true, characterData: true })
  })
  await callAs(page, 'plans.switch', { planId: 'pro' })
  for (const path of ['/images', '/export', '/team', '/briefs']) {
    await page.route('**/trpc/**', async (route) => {
      // The answers come late: what is shown meanwhile is what a slow network shows.
      await new Promise((resolve) => setTimeout(resolve, 150))
      await route.continue()
    })
    await page.goto(path)
    await expectBalance(page, 'credits', 5_000)
    expect(await page.evaluate(() => Reflect.get(window, 'refusals'))).toEqual([])
  }
})
