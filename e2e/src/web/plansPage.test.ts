import { expect } from 'vitest'
import { it } from './studioTest.ts'
import { callAs, expectBalance } from './visitor.ts'

it('compares the plans of the registry and tells what a switch changes before it is done', async ({ visit }) => {
  const page = await visit('ada')
  await page.goto('/plans')
  const table = page.getByRole('table', { name: 'What each plan has' })
  const row = async (name: string) =>
    (await table.getByRole('row', { name: new RegExp(`^${name}`) }).innerText()).split(/\s*\n\s*|\t/).filter(Boolean)
  await table.getByText('Your plan').waitFor()
  expect(await row('Messages')).toEqual(['Messages', '20 per month', 'Unlimited'])
  expect(await row('Credits')).toEqual(['Credits', '100 per month', '5,000 per month'])
  expect(await row('Images')).toEqual(['Images', '10 credits each', '10 credits each'])
  expect(await row('Single sign-on')).toEqual(['Single sign-on', 'Not included', 'Included'])

  await page.getByRole('button', { name: 'Switch to Pro' }).click()
  const dialog = page.getByRole('alertdialog', { name: 'Switch to Pro?' })
  const changes = dialog.getByRole('table', { name: 'What changes' })
  expect(await changes.getByRole('rowheader').allInnerTexts()).toEqual(['Messages', 'Credits', 'Seats', 'Data export', 'Single sign-on'])
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await expect.poll(() => dialog.count()).toBe(0)
  await expectBalance(page, 'credits', 100)

  await page.getByRole('button', { name: 'Switch to Pro' }).click()
  await dialog.getByRole('button', { name: 'Switch to Pro' }).click()
  await expectBalance(page, 'credits', 5_000)
  await page.getByRole('button', { name: 'Switch to Free' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Switch to Free' }).click()
  await expect.poll(() => page.getByRole('button', { name: 'Switch to Pro' }).count()).toBe(1)
})

it('adds credits to the plan’s, once one has confirmed it', async ({ visit }) => {
  const page = await visit('ada')
  await page.goto('/plans')
  await page.getByRole('button', { name: 'Add 500 credits' }).click()
  const dialog = page.getByRole('alertdialog', { name: 'Add 500 credits?' })
  await dialog.getByText('$5 once').waitFor()
  await dialog.getByRole('button', { name: 'Add 500 credits' }).click()
  await expectBalance(page, 'credits', 600)
  await expect.poll(() => dialog.count()).toBe(0)
})

it('brings back to what one was doing, with what was entered', async ({ visit }) => {
  const page = await visit('ada')
  for (const n of [6, 4]) await callAs(page, 'images.generate', { prompt: 'Moss', style: 'mosaic', n, seed: n })
  await page.goto('/images')
  await page.getByRole('textbox', { name: 'Prompt' }).fill('Neon harbour in the rain')
  await page.getByRole('link', { name: 'Compare plans' }).click()
  await page.getByRole('heading', { level: 1, name: 'Plans' }).waitFor()
  await page.getByRole('button', { name: 'Switch to Pro' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Switch to Pro' }).click()

  await page.getByRole('heading', { level: 1, name: 'Images' }).waitFor()
  expect(await page.getByRole('textbox', { name: 'Prompt' }).inputValue()).toBe('Neon harbour in the rain')
  await page.getByRole('button', { name: 'Generate 4 images' }).click()
  await expectBalance(page, 'credits', 4_960)
})

it('lets members look but not switch, and tells them whom to ask', async ({ visit }) => {
  const page = await visit('bo')
  await page.context().request.put('/session/org', { data: { orgId: 'lighthouse' } })
  for (const n of [6, 4]) await callAs(page, 'images.generate', { prompt: 'Moss', style: 'mosaic', n, seed: n })
  await page.goto('/images')
  await page.getByRole('main').getByText('Pro has more at once: ask an owner to switch.').waitFor()
  expect(await page.getByRole('button', { name: 'Switch to Pro' }).count()).toBe(0)
  await page.goto('/plans')
  await page.getByRole('main').getByText('Only an owner of the organisation can switch its plan.').waitFor()
  expect(await page.getByRole('button', { name: 'Switch to Pro' }).isDisabled()).toBe(true)
})

it('refuses a plan with fewer seats than are taken, and says how many must go', async ({ visit }) => {
  const page = await visit('ada')
  await callAs(page, 'plans.switch', { planId: 'pro' })
  for (const name of ['Dee', 'Eve']) await callAs(page, 'team.invite', { name, email: `${name}@lighthouse.example` })
  await page.goto('/plans')
  await page.getByRole('button', { name: 'Switch to Free' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Switch to Free' }).click()
  await page.getByRole('alertdialog').getByText('Free has 3 seats, and 4 are taken: remove 1 first.').waitFor()
  await expectBalance(page, 'credits', 5_000)
})
