import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBrowser } from './openBrowser.ts'
import { type Studio, startStudio } from './startStudio.ts'
import { visitAs } from './visitor.ts'

/** Where CI finds the pictures of every page. */
const output = join(import.meta.dirname, '../../../.output/screens')

const pages = [
  { name: 'images', heading: 'Images', ready: 'Lighthouse at dusk, by Ada Okonkwo' },
  { name: 'briefs', heading: 'Briefings' },
  { name: 'summaries', heading: 'Summaries' },
  { name: 'api', heading: 'API' },
  { name: 'export', heading: 'Export' },
  { name: 'usage', heading: 'Usage' },
  { name: 'plans', heading: 'Plans' },
  { name: 'team', heading: 'Team' },
] as const

const themes = ['light', 'dark'] as const
const widths = [390, 1440] as const

let studio: Studio
let browser: Browser

beforeAll(async () => {
  mkdirSync(output, { recursive: true })
  ;[studio, browser] = await Promise.all([startStudio(), openBrowser()])
  const page = await visitAs(browser, studio, 'ada')
  const call = async (path: string, input: object) => {
    const response = await page.context().request.post(`/trpc/${path}`, { data: input })
    expect(response.status(), await response.text()).toBe(200)
  }
  const styles = ['landscape', 'currents', 'mosaic', 'orbits', 'bloom'] as const
  for (const style of styles) await call('images.generate', { prompt: 'Lighthouse at dusk', style, n: 1, seed: 7 })
  await call('images.generate', { prompt: 'Ferry on a quiet sea', style: 'mosaic', n: 3, seed: 3 })
  await call('playground.ask', { endpoint: 'contrast', foreground: '#112233', background: '#ffffff' })
  await call('texts.summarize', {
    text: 'The ferry leaves at nine from Merrow. It is never late. The sea is calm, and the crew is kind.',
    sentences: 1,
  })
  await page.context().close()
})

afterAll(async () => {
  await browser?.close()
  await studio?.dispose()
  process.stdout.write(`Pictures of every page, in both widths and themes: ${output}\n`)
})

/** A phone or a desk. */
function optionsOf(theme: (typeof themes)[number], width: number): BrowserContextOptions {
  const isPhone = width < 500
  const viewport = { width, height: isPhone ? 844 : 900 }
  return { colorScheme: theme, viewport, reducedMotion: 'reduce', isMobile: isPhone, hasTouch: isPhone }
}

/** Waits until nothing on the page is a placeholder any more. */
async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('load')
  await page.waitForFunction(() => document.querySelector('.animate-pulse') === null)
  await page.waitForFunction(() => [...document.images].every((image) => image.complete))
  await page.evaluate(() => document.fonts.ready)
}

/** A picture of a whole page, in a window as tall as the page: `fullPage` makes the window tiny for a moment, and charts are drawn anew. */
async function picture(page: Page, name: string): Promise<void> {
  const size = page.viewportSize()
  if (size === null) throw new Error('the page has no window')
  const height = await page.evaluate(() => document.documentElement.scrollHeight)
  await page.setViewportSize({ width: size.width, height: Math.max(size.height, height) })
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))))
  await page.screenshot({ path: join(output, name) })
  await page.setViewportSize(size)
}

/** What axe finds wrong with a page, one line for each. */
async function faultsOf(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`))
}

/** Whether the page can be scrolled sideways. */
function isTooWide(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)
}

describe.each(themes)('in the %s theme', (theme) => {
  it.each(widths)('every page is accessible and fits a window of %i pixels', async (width) => {
    const options = optionsOf(theme, width)
    const page = await visitAs(browser, studio, 'ada', options)
    for (const { name, heading } of pages) {
      await page.goto(`/${name}`)
      await page.getByRole('heading', { level: 1, name: heading }).waitFor()
      await settled(page)
      if (width > 500) expect(await faultsOf(page), name).toEqual([])
      expect(await isTooWide(page), name).toBe(false)
      await picture(page, `${name}-${width}-${theme}.png`)
    }
    await page.context().clearCookies()
    await page.goto('/usage')
    await page.getByRole('heading', { name: 'Who are you today?' }).waitFor()
    if (width > 500) expect(await faultsOf(page), 'sign-in').toEqual([])
    await picture(page, `sign-in-${width}-${theme}.png`)
    await page.context().close()
  })

  it.each(widths)('so is what opens over a page of %i pixels', async (width) => {
    const options = optionsOf(theme, width)
    const page = await visitAs(browser, studio, 'ada', options)
    await page.goto('/plans')
    await page.getByRole('button', { name: 'Switch to Pro' }).click()
    await page.getByRole('alertdialog').waitFor()
    expect(await faultsOf(page)).toEqual([])
    await page.screenshot({ path: join(output, `dialog-${width}-${theme}.png`) })
    await page.getByRole('button', { name: 'Cancel' }).click()

    if (width < 500) {
      await page.getByRole('button', { name: 'Menu' }).click()
      await page.getByRole('dialog').getByRole('link', { name: 'Usage' }).waitFor()
      expect(await faultsOf(page)).toEqual([])
      await page.screenshot({ path: join(output, `menu-${width}-${theme}.png`) })
      await page.getByRole('button', { name: 'Close the menu' }).click()
    }
    await page.getByRole('button', { name: 'Devtools' }).click()
    await page.getByRole('checkbox', { name: 'Show reads' }).check()
    await page.getByRole('region', { name: 'Timeline' }).waitFor()
    expect(await faultsOf(page)).toEqual([])
    await page.screenshot({ path: join(output, `devtools-${width}-${theme}.png`) })
    await page.context().close()
  })
})
