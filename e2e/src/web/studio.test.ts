import { readFile } from 'node:fs/promises'
import { describe, expect } from 'vitest'
import { it } from './studioTest.ts'
import { accessOf, expectBalance } from './visitor.ts'

describe('the writer', () => {
  it('is paid for as it streams, and after a stop for what came', async ({ visit }) => {
    const page = await visit('ada')
    await page.goto('/briefs')
    await expectBalance(page, 'messages', 20)
    const stopped = page.evaluate(stopAtHeading, 3)
    await page.getByRole('button', { name: 'Write the briefing' }).click()
    await stopped

    // On a slow machine more has come by the time that the server hears of it: what is on the page is what was paid for.
    const cost = page.getByTestId('brief-cost')
    await expect.poll(() => cost.innerText(), { timeout: 10_000 }).toMatch(/^[34] messages used: stopped early$/)
    const sections = await page.getByRole('heading', { level: 3 }).count()
    expect(await cost.innerText()).toBe(`${sections} messages used: stopped early`)
    await expectBalance(page, 'messages', 20 - sections)
    expect((await accessOf(page)).features['messages']).toMatchObject({ used: sections, held: 0 })
  })

  it('costs a message a section when it is left to finish', async ({ visit }) => {
    const page = await visit('ada')
    await page.goto('/briefs')
    await page.getByRole('textbox', { name: 'Text' }).fill('The ferry leaves at nine from Merrow. It is never late. The sea is calm today.')
    await page.getByRole('button', { name: 'Write the briefing' }).click()
    await expect.poll(() => page.getByTestId('brief-cost').innerText(), { timeout: 10_000 }).toBe('5 messages used')
    await expectBalance(page, 'messages', 15)
  })

  it('says what is wrong with a text before it asks for anything', async ({ visit }) => {
    const page = await visit('ada')
    await page.goto('/briefs')
    await page.getByRole('textbox', { name: 'Text' }).fill('Too short.')
    await page.getByRole('button', { name: 'Write the briefing' }).click()
    await page.getByRole('main').getByText('Paste a text of at least 40 characters.').waitFor()
    await expectBalance(page, 'messages', 20)
  })
})

it('summarizes in the words of the text, for a message', async ({ visit }) => {
  const page = await visit('ada')
  await page.goto('/summaries')
  await page.getByRole('button', { name: 'Summarize' }).click()
  const sentences = page.getByRole('region', { name: 'Summary' }).getByRole('list').first().getByRole('listitem')
  await expect.poll(() => sentences.count()).toBe(3)
  expect(await page.getByRole('textbox', { name: 'Text' }).inputValue()).toContain(await sentences.first().innerText())
  await expectBalance(page, 'messages', 19)
})

it('answers a call of the API that is sent again from the ledger, and charges it once', async ({ visit }) => {
  const page = await visit('ada')
  await page.goto('/api')
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await expectBalance(page, 'credits', 99)
  await page.getByRole('button', { name: 'Send again' }).click()
  await page.getByRole('main').getByText('not charged again').waitFor()
  await expectBalance(page, 'credits', 99)
})

describe('the export', () => {
  it('is refused on a plan without it, with the plan that has it', async ({ visit }) => {
    const page = await visit('ada')
    await page.goto('/export')
    await page.getByRole('main').getByText('Data export is not in your plan').waitFor()
    expect(await page.getByRole('button', { name: 'Download the archive' }).isDisabled()).toBe(true)
    await page.getByRole('button', { name: 'Switch to Pro' }).waitFor()
  })

  it('hands over all work of the organisation on a plan with it', async ({ visit }) => {
    const page = await visit('ada')
    await page.goto('/images')
    await page.getByRole('button', { name: 'Generate 4 images' }).click()
    await expectBalance(page, 'credits', 60)
    await page.getByRole('link', { name: 'Export' }).click()
    await page.getByRole('button', { name: 'Switch to Pro' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Switch to Pro' }).click()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download the archive' }).click(),
    ])
    expect(download.suggestedFilename()).toBe('lighthouse-works.zip')
    const archive = await readFile(await download.path())
    expect(archive.subarray(0, 2).toString()).toBe('PK')
    for (const name of ['contents.csv', 'images/0004-lighthouse-at-dusk.svg', 'images/0001-lighthouse-at-dusk.svg'])
      expect(archive.includes(name), name).toBe(true)
    await page.getByRole('main').getByText('lighthouse-works.zip with 4 files is in your downloads.').waitFor()
  })
})

describe('seats', () => {
  it('are taken by whom one invites, until there are none, and are free again when somebody is removed', async ({ visit }) => {
    const page = await visit('ada')
    await page.goto('/team')
    const free = page.getByTestId('balance-seats')
    await expect.poll(() => free.innerText()).toContain('1 of 3 free')
    await page.getByRole('textbox', { name: 'Name' }).fill('Dee Duarte')
    await page.getByRole('textbox', { name: 'E-mail' }).fill('Dee@lighthouse.example')
    await page.getByRole('button', { name: 'Invite' }).click()
    await page.getByRole('main').getByText('dee@lighthouse.example').waitFor()
    await expect.poll(() => free.innerText()).toContain('0 of 3 free')
    await page.getByRole('main').getByText('Not enough seats left').waitFor()
    expect(await page.getByRole('button', { name: 'Invite' }).isDisabled()).toBe(true)

    await page.getByRole('button', { name: 'Remove Bo Lindqvist' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
    await expect.poll(() => page.getByRole('main').getByText('bo@lighthouse.example').count()).toBe(0)
    await expect.poll(() => free.innerText()).toContain('1 of 3 free')
    expect((await accessOf(page)).features['seats']).toMatchObject({ used: 2, remaining: 1 })
  })

  it('cost nothing when the invitation fails', async ({ visit }) => {
    const page = await visit('ada')
    await page.goto('/team')
    await page.getByRole('textbox', { name: 'Name' }).fill('Bo again')
    await page.getByRole('textbox', { name: 'E-mail' }).fill('bo@lighthouse.example')
    await page.getByRole('button', { name: 'Invite' }).click()
    await page.getByRole('main').getByText('bo@lighthouse.example is a member already.').waitFor()
    expect((await accessOf(page)).features['seats']).toMatchObject({ used: 2, remaining: 1 })
  })

  it('let nobody in who was removed, whatever their cookie says', async ({ visit }) => {
    const [ada, bo] = [await visit('ada'), await visit('bo')]
    await bo.context().request.put('/session/org', { data: { orgId: 'lighthouse' } })
    await bo.goto('/images')
    await bo.getByRole('button', { name: 'Organisation: Lighthouse Press' }).waitFor()
    await ada.goto('/team')
    await ada.getByRole('button', { name: 'Remove Bo Lindqvist' }).click()
    await ada.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
    await expect.poll(() => ada.getByText('bo@lighthouse.example').count()).toBe(0)
    await bo.reload()
    await bo.getByRole('heading', { name: 'Who are you today?' }).waitFor()
  })
})

it('keeps organisations apart: balances, pictures and members', async ({ visit }) => {
  const page = await visit('ada')
  await page.goto('/images')
  await page.getByRole('button', { name: 'Generate 4 images' }).click()
  await expectBalance(page, 'credits', 60)

  await page.getByRole('button', { name: 'Organisation: Lighthouse Press' }).click()
  await page.getByRole('menuitemradio', { name: /Ferry & Sons/ }).click()
  await page.getByRole('button', { name: 'Organisation: Ferry & Sons' }).waitFor()
  await expectBalance(page, 'credits', 100)
  await page.getByRole('main').getByText('No pictures yet').waitFor()
  await page.getByRole('link', { name: 'Team' }).click()
  await page.getByRole('main').getByText('cleo@ferry.example').waitFor()
  expect(await page.getByRole('button', { name: 'Invite' }).count()).toBe(0)

  await page.getByRole('button', { name: 'Organisation: Ferry & Sons' }).click()
  await page.getByRole('menuitemradio', { name: /Lighthouse Press/ }).click()
  await expectBalance(page, 'credits', 60)
})

/** In the page: presses Stop in the moment in which a section's heading appears. */
function stopAtHeading(count: number): Promise<void> {
  return new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (document.querySelectorAll('h3').length < count) return
      observer.disconnect()
      for (const button of document.querySelectorAll('button')) if (button.textContent === 'Stop') button.click()
      resolve()
    })
    observer.observe(document.body, { childList: true, subtree: true })
  })
}
