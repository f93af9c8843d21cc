import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { it } from './studioTest.ts'
import { accessOf, callAs } from './visitor.ts'

/** Uses a bit of everything: 100 credits of the plan and 20 of a pack, and two messages. */
async function useTheStudio(page: Page): Promise<void> {
  await callAs(page, 'plans.buyCredits')
  for (const n of [6, 5]) await callAs(page, 'images.generate', { prompt: 'Moss', style: 'mosaic', n, seed: n })
  for (let call = 0; call < 10; call += 1) await callAs(page, 'playground.ask', { endpoint: 'palette', text: `${call}` })
  for (const sentences of [1, 2]) {
    await callAs(page, 'texts.summarize', { text: 'The ferry leaves at nine. It is never late, and the sea is calm.', sentences })
  }
}

it('shows what is left and when it resets, as the meter has it', async ({ visit }) => {
  const page = await visit('ada')
  await useTheStudio(page)
  await page.goto('/usage')
  const { features } = await accessOf(page)
  const resetsAt = features['messages']?.type === 'boolean' ? 0 : (features['messages']?.resetsAt ?? 0)
  const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long' }).format(resetsAt)
  const messages = page.getByTestId('meter-messages')
  await expect.poll(() => messages.innerText()).toContain('18 of 20 left')
  expect(await messages.innerText()).toContain(`Resets ${day}`)
  const credits = page.getByTestId('meter-credits')
  expect(await credits.innerText()).toContain('480 of 600 left')
  expect(await credits.innerText()).toContain('Enough for 48 images or 480 API calls')
})

it('draws use over time by feature, by the hour, the day and the month', async ({ visit }) => {
  const page = await visit('ada')
  await useTheStudio(page)
  await page.goto('/usage')
  for (const bin of ['Days', 'Hours', 'Months']) {
    await page.getByRole('radio', { name: bin }).click()
    const table = page.getByRole('table', { name: `Units used by ${bin.toLowerCase().slice(0, -1)}` })
    // Images, messages and API calls, in the only bin that has any.
    await expect.poll(() => table.getByRole('cell').allInnerTexts()).toEqual(['11', '2', '10'])
  }
  await page.getByRole('button', { name: 'Messages' }).click()
  const table = page.getByRole('table', { name: 'Units used by month' })
  await expect.poll(() => table.getByRole('cell').allInnerTexts()).toEqual(['11', '10'])
})

it('lists receipts with the grants that paid, to be filtered, searched and saved', async ({ visit }) => {
  const page = await visit('ada')
  await useTheStudio(page)
  await page.goto('/usage')
  const receipts = page.getByTestId('receipts').getByRole('row')
  // A row for the head of the table.
  await expect.poll(() => receipts.count()).toBe(1 + 14)

  await page.getByRole('combobox', { name: 'Feature' }).click()
  await page.getByRole('option', { name: 'Images' }).click()
  await expect.poll(() => receipts.count()).toBe(1 + 2)
  expect(await receipts.nth(1).innerText()).toMatch(/5 images\s+40 credits from Free\s+10 credits from Credit pack/)
  expect(await receipts.nth(2).innerText()).toMatch(/6 images\s+60 credits from Free/)

  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()])
  expect(download.suggestedFilename()).toBe('receipts.csv')
  const lines = (await readFile(await download.path(), 'utf8')).trim().split('\r\n')
  expect(lines[0]).toBe('time,operation,procedure,kind,feature,units,paid from,amount,plan,grant')
  expect(lines.slice(1).map((line) => line.split(',').slice(2, 9).join(','))).toEqual([
    'images.generate,use,image_gen,5,credits,40,free',
    'images.generate,use,image_gen,5,credits,10,credit_pack',
    'images.generate,use,image_gen,6,credits,60,free',
  ])

  await page.getByRole('combobox', { name: 'Feature' }).click()
  await page.getByRole('option', { name: 'All features' }).click()
  await page.getByRole('searchbox', { name: 'Search' }).fill('summarize')
  await expect.poll(() => receipts.count()).toBe(1 + 2)
  await page.getByRole('searchbox', { name: 'Search' }).fill('nothing like it')
  await page.getByRole('main').getByText('No receipt fits').waitFor()
})

it('shows receipts a page at a time, and saves them all', async ({ visit }) => {
  const page = await visit('ada')
  for (let call = 0; call < 23; call += 1) await callAs(page, 'playground.ask', { endpoint: 'palette', text: `${call}` })
  await page.goto('/usage')
  const receipts = page.getByTestId('receipts').getByRole('row')
  await expect.poll(() => receipts.count()).toBe(1 + 20)
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()])
  expect((await readFile(await download.path(), 'utf8')).trim().split('\r\n')).toHaveLength(1 + 23)
  await page.getByRole('button', { name: 'Show more' }).click()
  await expect.poll(() => receipts.count()).toBe(1 + 23)
  expect(await page.getByRole('button', { name: 'Show more' }).count()).toBe(0)
})

it('says so when nothing was used yet', async ({ visit }) => {
  const page = await visit('ada')
  await page.goto('/usage')
  await page.getByRole('main').getByText('Nothing used in this time').waitFor()
  await page.getByRole('main').getByText('Nothing used yet').waitFor()
})
