import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { test } from 'vitest'
import { openBrowser } from './openBrowser.ts'
import { type Studio, startStudio } from './startStudio.ts'
import { visitAs } from './visitor.ts'

/** Opens a page for somebody who is signed in. */
export type Visit = (personId: string, options?: BrowserContextOptions) => Promise<Page>

/** A test with a product of its own and a browser; what it opened is closed after it. */
export const it = test.extend<{ readonly browser: Browser; readonly studio: Studio; readonly visit: Visit }>({
  browser: [
    // biome-ignore lint/correctness/noEmptyPattern: the runner reads what a fixture needs from this pattern
    async ({}, use) => {
      const browser = await openBrowser()
      await use(browser)
      await browser.close()
    },
    { scope: 'file' },
  ],
  // biome-ignore lint/correctness/noEmptyPattern: the runner reads what a fixture needs from this pattern
  studio: async ({}, use) => {
    const studio = await startStudio()
    await use(studio)
    await studio.dispose()
  },
  visit: async ({ browser, studio }, use) => {
    await use((personId, options) => visitAs(browser, studio, personId, options))
    for (const context of browser.contexts()) await context.close()
  },
})
