import type { openBrowser } from '../../../e2e/src/web/openBrowser.ts'
import { awaitClick, type Click, type FirstRender, tellFirstRender, watchPage } from './inPage.ts'

type Browser = Awaited<ReturnType<typeof openBrowser>>
type Page = Awaited<ReturnType<Browser['newPage']>>

/** A machine and a network that a page is opened with. */
export interface Conditions {
  readonly name: string
  /** How many times slower the processor is. */
  readonly cpu: number
  readonly network: { readonly latencyMs: number; readonly downKbps: number; readonly upKbps: number } | null
}

/** This machine, and the phone on a slow network that Lighthouse supposes. */
export const conditions: readonly Conditions[] = [
  { name: 'this machine', cpu: 1, network: null },
  { name: 'a phone, slow 4G', cpu: 4, network: { latencyMs: 150, downKbps: 1_638, upKbps: 750 } },
]

/** Opens the studio's first page for somebody who is signed in and was never there before. */
export async function visitFirst(browser: Browser, url: string, { cpu, network }: Conditions): Promise<FirstRender> {
  const page = await signedIn(browser, url)
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: cpu })
  if (network !== null)
    await devtools.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: network.latencyMs,
      downloadThroughput: (network.downKbps * 1_000) / 8,
      uploadThroughput: (network.upKbps * 1_000) / 8,
    })
  await page.addInitScript(watchPage)
  await page.goto('/images')
  const told = await page.evaluate(tellFirstRender)
  await page.context().close()
  return told
}

/** A page that is open, with buttons to be pressed. */
export interface OpenPage {
  /** Presses `Generate 1 image`, which is metered and rendered on the server. */
  metered(): Promise<Click>
  /** Presses the button that changes the theme, which asks no server. */
  plain(): Promise<Click>
  close(): Promise<void>
}

/** Opens the page of pictures for an organisation with credits enough for 400 of them. */
export async function openPage(browser: Browser, url: string): Promise<OpenPage> {
  const page = await signedIn(browser, url)
  const switched = await page.context().request.post('/trpc/plans.switch', { data: { planId: 'pro' } })
  if (!switched.ok()) throw new Error(`the plan was not switched: ${switched.status()}`)
  await page.goto('/images')
  for (let n = 4; n > 1; n -= 1) await page.getByRole('button', { name: 'Fewer: Images' }).click()
  const press = async (name: string): Promise<Click> => {
    const measured = page.evaluate(awaitClick, name)
    await page.getByRole('button', { name }).click()
    return measured
  }
  return {
    metered: () => press('Generate 1 image'),
    plain: async () =>
      press((await page.getByRole('button', { name: 'Use the dark theme' }).count()) > 0 ? 'Use the dark theme' : 'Use the light theme'),
    close: () => page.context().close(),
  }
}

async function signedIn(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ baseURL: url, viewport: { width: 1280, height: 900 } })
  const response = await context.request.post('/session', { data: { personId: 'ada' } })
  if (response.status() !== 204) throw new Error(`nobody was signed in: ${response.status()}`)
  return context.newPage()
}
