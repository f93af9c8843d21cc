import type { Locator, Page } from 'playwright-core'
import { describe, expect } from 'vitest'
import { it } from './studioTest.ts'
import { callAs, expectBalance } from './visitor.ts'

/** Presses Tab until the focus is on something, as somebody without a mouse does; what has the focus on the way must be seen to have it. */
async function tabTo(page: Page, target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  for (let steps = 0; steps < 60; steps += 1) {
    if (await target.evaluate((element) => element === document.activeElement).catch(() => false)) return
    await page.keyboard.press(key)
    expect(await page.evaluate(unseenFocus)).toBe(null)
  }
  throw new Error(`the focus does not come to ${target}`)
}

/** In the page: what has the focus without an outline, or outside of the window; null when all is well. */
function unseenFocus(): string | null {
  const focused = document.activeElement
  if (focused === null || focused === document.body) return null
  const { outlineStyle, outlineWidth } = getComputedStyle(focused)
  const { bottom, top, width, height } = focused.getBoundingClientRect()
  const isOutlined = outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2
  const isInSight = bottom > 0 && top < innerHeight && width > 0 && height > 0
  return isOutlined && isInSight ? null : `${focused.outerHTML.slice(0, 200)} (${isOutlined ? 'out of sight' : 'no outline'})`
}

/** Goes to something and presses it. */
async function press(page: Page, target: Locator, key: 'Enter' | 'Space' = 'Enter'): Promise<void> {
  await tabTo(page, target)
  await page.keyboard.press(key)
}

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' })

function hasFocus(target: Locator): Promise<boolean> {
  return target.evaluate((element) => element === document.activeElement)
}

function hasFocusWithin(target: Locator): Promise<boolean> {
  return target.evaluate((element) => element.contains(document.activeElement))
}

/** What a screen reader was told last, politely and urgently. */
async function announced(page: Page): Promise<string> {
  return (await page.getByTestId('announcements').innerText()).trim()
}

describe('with the keyboard alone', () => {
  it('one goes past the navigation, makes pictures, and keeps one’s place while they are made', async ({ visit }) => {
    const page = await visit('ada')
    await page.goto('/images')
    await expectBalance(page, 'credits', 100)
    await page.keyboard.press('Tab')
    expect(await hasFocus(page.getByRole('link', { name: 'Skip to the page' }))).toBe(true)
    await page.keyboard.press('Enter')
    expect(await hasFocus(page.getByRole('main'))).toBe(true)

    await press(page, page.getByRole('combobox', { name: 'Style' }))
    await page.getByRole('option', { name: 'Mosaic' }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.getByRole('combobox', { name: 'Style' }).innerText()).toBe('Mosaic')
    await tabTo(page, page.getByRole('textbox', { name: 'Images' }))
    await page.keyboard.press('ArrowUp')
    const generate = button(page, /^Generate/)
    await press(page, generate)
    await expectBalance(page, 'credits', 50)
    expect(await generate.innerText()).toBe('Generate 5 images')
    expect(await hasFocus(generate)).toBe(true)
    await expect.poll(() => announced(page)).toBe('50 credits left')
  })

  it('one stops a briefing with the key that started it, and hears what it cost', async ({ visit }) => {
    const page = await visit('ada')
    await page.goto('/briefs')
    await expectBalance(page, 'messages', 20)
    const write = button(page, 'Write the briefing')
    await press(page, write, 'Space')
    await page.getByRole('heading', { level: 3 }).first().waitFor()
    expect(await hasFocus(button(page, 'Stop'))).toBe(true)
    const said = page.waitForFunction(saysStopped)
    await page.keyboard.press('Space')
    await said
    await expect.poll(() => hasFocus(write)).toBe(true)
  })

  it('one is told of a refusal, upgrades in place, and is back at what one was doing', async ({ visit }) => {
    const page = await visit('ada')
    await callAs(page, 'images.generate', { prompt: 'Moss', style: 'mosaic', n: 6, seed: 1 })
    await page.goto('/images')
    await expectBalance(page, 'credits', 40)
    await press(page, button(page, 'Generate 4 images'))
    await expectBalance(page, 'credits', 0)
    const prompt = page.getByRole('group', { name: 'Not enough credits left' })
    await expect.poll(() => announced(page)).toMatch(/Not enough credits left: This needs 40 credits|0 credits left/)
    expect(await hasFocus(button(page, 'Generate 4 images'))).toBe(true)

    await tabTo(page, prompt.getByRole('button', { name: 'Switch to Pro' }), 'Shift+Tab')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('alertdialog', { name: 'Switch to Pro?' })
    await dialog.waitFor()
    // The focus stays inside, in whatever direction one goes.
    for (const key of ['Tab', 'Tab', 'Tab', 'Shift+Tab', 'Shift+Tab', 'Shift+Tab', 'Shift+Tab']) {
      await page.keyboard.press(key)
      await expect.poll(() => hasFocusWithin(dialog)).toBe(true)
    }
    await page.keyboard.press('Escape')
    await expect.poll(() => dialog.count()).toBe(0)
    await expect.poll(() => hasFocus(prompt.getByRole('button', { name: 'Switch to Pro' }))).toBe(true)

    await page.keyboard.press('Enter')
    await press(page, dialog.getByRole('button', { name: 'Switch to Pro' }))
    await expectBalance(page, 'credits', 5_000)
    await expect.poll(() => hasFocus(button(page, 'Generate 4 images'))).toBe(true)
    await page.keyboard.press('Enter')
    await expectBalance(page, 'credits', 4_960)
  })

  it('one invites and removes a member, and loses one’s place to neither', async ({ visit }) => {
    const page = await visit('ada')
    await page.goto('/team')
    await tabTo(page, page.getByRole('textbox', { name: 'Name' }))
    await page.keyboard.type('Dee Duarte')
    await tabTo(page, page.getByRole('textbox', { name: 'E-mail' }))
    await page.keyboard.type('dee@lighthouse.example')
    await page.keyboard.press('Enter')
    await page.getByRole('main').getByText('dee@lighthouse.example').waitFor()
    await tabTo(page, button(page, 'Remove Dee Duarte'), 'Shift+Tab')
    await page.keyboard.press('Enter')
    await press(page, page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }))
    await expect.poll(() => page.getByText('dee@lighthouse.example').count()).toBe(0)
    await expect.poll(() => hasFocusWithin(page.getByRole('list', { name: 'Members' }))).toBe(true)
    await expect.poll(() => announced(page)).toBe('Dee Duarte left the team')
  })

  it('one goes from page to page and to another organisation, and hears where one is', async ({ visit }) => {
    const page = await visit('ada')
    await page.goto('/images')
    await press(page, page.getByRole('navigation').getByRole('link', { name: 'Usage' }))
    await page.getByRole('heading', { level: 1, name: 'Usage' }).waitFor()
    await expect.poll(() => announced(page)).toBe('Usage')

    const org = button(page, /^Organisation: /)
    await tabTo(page, org, 'Shift+Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('menuitemradio', { name: /Ferry & Sons/ }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await button(page, 'Organisation: Ferry & Sons Free plan').waitFor()
    await expect.poll(() => hasFocus(org)).toBe(true)
  })

  it('one chooses the width of the bars, filters the receipts, and searches them', async ({ visit }) => {
    const page = await visit('ada')
    await callAs(page, 'images.generate', { prompt: 'Moss', style: 'mosaic', n: 2, seed: 1 })
    await callAs(page, 'playground.ask', { endpoint: 'palette', text: 'sea' })
    await page.goto('/usage')
    const rows = page.getByTestId('receipts').getByRole('row')
    await expect.poll(() => rows.count()).toBe(1 + 2)
    await tabTo(page, page.getByRole('radio', { name: 'Days' }))
    await page.keyboard.press('ArrowRight')
    await page.getByRole('table', { name: 'Units used by month' }).waitFor({ state: 'attached' })
    await press(page, page.getByRole('combobox', { name: 'Feature' }))
    await page.getByRole('option', { name: 'Images' }).waitFor()
    await page.keyboard.type('Im')
    await page.keyboard.press('Enter')
    await expect.poll(() => rows.count()).toBe(1 + 1)
    await tabTo(page, page.getByRole('searchbox', { name: 'Search' }))
    await page.keyboard.type('nothing like it')
    await page.getByText('No receipt fits').waitFor()
  })

  it('one opens the devtools, disturbs the meter, and comes back out with Escape', async ({ visit }) => {
    const page = await visit('ada')
    await page.goto('/images')
    const open = button(page, 'Devtools')
    await press(page, open)
    expect(await hasFocus(page.getByRole('region', { name: 'Devtools' }))).toBe(true)
    await tabTo(page, page.getByRole('textbox', { name: 'Left' }))
    await page.keyboard.press('ControlOrMeta+A')
    await page.keyboard.type('15')
    await page.keyboard.press('Enter')
    await expectBalance(page, 'credits', 15)
    await expect.poll(() => announced(page)).toMatch(/15 credits left|This needs 40 credits/)
    await page.keyboard.press('Escape')
    await expect.poll(() => hasFocus(open)).toBe(true)
  })
})

it('has one first heading on every page, and none that skips a level', async ({ visit }) => {
  const page = await visit('ada')
  for (const path of ['images', 'briefs', 'summaries', 'api', 'export', 'usage', 'plans', 'team']) {
    await page.goto(`/${path}`)
    await expectBalance(page, 'credits', 100)
    const levels = await page.evaluate(() =>
      [...document.querySelectorAll('main :is(h1, h2, h3, h4)')].map(({ tagName }) => Number(tagName[1])),
    )
    expect(levels[0], path).toBe(1)
    expect(
      levels.filter((level) => level === 1),
      path,
    ).toHaveLength(1)
    expect(
      levels.every((level, index) => index === 0 || level - (levels[index - 1] ?? 0) <= 1),
      `${path}: ${levels}`,
    ).toBe(true)
  }
})

/** In the page: whether it was said that the briefing was stopped. */
function saysStopped(): boolean {
  return /Briefing: \d messages? used: stopped early/.test(document.querySelector('[data-testid=announcements]')?.textContent ?? '')
}
