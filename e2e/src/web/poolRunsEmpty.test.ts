import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openBrowser } from './openBrowser.ts'
import { type Studio, startStudio } from './startStudio.ts'
import { accessOf, expectBalance } from './visitor.ts'

let studio: Studio
let browser: Browser

beforeAll(async () => {
  ;[studio, browser] = await Promise.all([startStudio(), openBrowser()])
})

afterAll(async () => {
  await browser?.close()
  await studio?.dispose()
})

it('lets a visitor use the pool up, refuses the rest with its reset time, and goes on after an upgrade, over a reload and a restart', async () => {
  const page = await browser.newPage({ baseURL: studio.url, viewport: { width: 1280, height: 900 } })
  const pictures = page.getByRole('list', { name: 'Images' }).getByRole('img')

  await page.goto('/')
  await page.getByRole('button', { name: /Ada Okonkwo/ }).click()
  await page.getByRole('heading', { name: 'Images' }).waitFor()
  await expectBalance(page, 'credits', 100)

  await page.getByRole('button', { name: 'Generate 4 images' }).click()
  await expectBalance(page, 'credits', 60)
  await expect.poll(() => pictures.count()).toBe(4)
  await page.getByRole('button', { name: 'Generate 4 images' }).click()
  await expectBalance(page, 'credits', 20)

  const generateFour = page.getByRole('button', { name: 'Generate 4 images' })
  await page.getByRole('main').getByText('This needs 40 credits, and you have 20.').waitFor()
  expect(await generateFour.isDisabled()).toBe(true)
  await page.getByRole('button', { name: 'Fewer: Images' }).click()
  await page.getByRole('button', { name: 'Fewer: Images' }).click()
  await page.getByRole('button', { name: 'Generate 2 images' }).click()
  await expectBalance(page, 'credits', 0)
  await expect.poll(() => pictures.count()).toBe(10)

  const refusal = page.getByRole('group', { name: 'Not enough credits left' })
  await refusal.waitFor()
  const { features } = await accessOf(page)
  const resetsAt = features['credits']?.type === 'boolean' ? null : (features['credits']?.resetsAt ?? null)
  expect(resetsAt).not.toBeNull()
  const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long' }).format(resetsAt ?? 0)
  expect(await refusal.innerText()).toContain(`More on ${day}`)
  expect(await page.getByRole('button', { name: 'Generate 2 images' }).isDisabled()).toBe(true)

  await refusal.getByRole('button', { name: 'Switch to Pro' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Switch to Pro' }).click()
  await expectBalance(page, 'credits', 5_000)
  await expectBalance(page, 'messages', 'Unlimited')
  await expect.poll(() => refusal.count()).toBe(0)
  await page.getByRole('button', { name: 'Generate 2 images' }).click()
  await expectBalance(page, 'credits', 4_980)

  await page.reload()
  await expectBalance(page, 'credits', 4_980)
  await expect.poll(() => pictures.count()).toBe(12)

  await studio.restart()
  await page.reload()
  await expectBalance(page, 'credits', 4_980)
  await page.getByRole('button', { name: 'Generate 4 images' }).click()
  await expectBalance(page, 'credits', 4_940)
})
