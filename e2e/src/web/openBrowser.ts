import { type Browser, chromium } from 'playwright-core'
import { findChromium } from '../../../scripts/chromium.mjs'

const quiet = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A headless Chromium with an empty profile. */
export function openBrowser(): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error('there is no Chromium here: run pnpm exec node scripts/chromium.mjs')
  return chromium.launch({ executablePath, chromiumSandbox: false, args: quiet })
}
