import type { CustomerAccess } from '@tollgate/features'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Studio } from './startStudio.ts'

/** Opens a page for somebody who is signed in, without going through the sign-in page. */
export async function visitAs(browser: Browser, studio: Studio, personId: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ baseURL: studio.url, viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  const response = await context.request.post('/session', { data: { personId } })
  expect(response.status()).toBe(204)
  return page
}

/** What the meter says of the customer, asked apart from the page and its cache. */
export async function accessOf(page: Page): Promise<CustomerAccess> {
  const response = await page.context().request.get('/trpc/usage.access')
  const body: { result: { data: CustomerAccess } } = await response.json()
  return body.result.data
}

/** What is left of a balance, as the page says it in words: `60`, `Unlimited`. */
export async function shownBalance(page: Page, name: 'credits' | 'messages'): Promise<string> {
  const text = await page.getByTestId(`balance-${name}`).innerText()
  return /([\d,.]+) of|Unlimited/.exec(text)?.[1]?.replaceAll(',', '') ?? (text.includes('Unlimited') ? 'Unlimited' : text)
}

/** What is left of a balance, as the meter has it. */
export async function keptBalance(page: Page, name: 'credits' | 'messages'): Promise<string> {
  const balance = (await accessOf(page)).features[name]
  if (balance === undefined || balance.type === 'boolean') return 'none'
  return balance.unlimited ? 'Unlimited' : String(balance.remaining)
}

/** Waits until the page shows so much, and checks that the meter has the same. */
export async function expectBalance(page: Page, name: 'credits' | 'messages', remaining: number | 'Unlimited'): Promise<void> {
  await expect.poll(() => shownBalance(page, name)).toBe(String(remaining))
  expect(await keptBalance(page, name)).toBe(String(remaining))
}

/** Calls a procedure as the page's visitor does, apart from the page; it must be answered. */
export async function callAs(page: Page, path: string, input: object = {}): Promise<void> {
  const response = await page.context().request.post(`/trpc/${path}`, { data: input })
  expect(response.status(), `${path}: ${await response.text()}`).toBe(200)
}
