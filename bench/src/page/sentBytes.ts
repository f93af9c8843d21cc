import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const built = join(import.meta.dirname, '../../../apps/web/dist/browser')

/** What a browser is sent for the first page, compressed with brotli, in bytes. */
export interface SentBytes {
  readonly scripts: number
  readonly styles: number
  /** A font is compressed by itself. */
  readonly font: number
}

/** The files that the first page names, and the Latin part of its font. */
export function sentBytes(): SentBytes {
  const html = readFileSync(join(built, 'index.html'), 'utf8')
  const named = (ending: string) =>
    [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path).filter((path) => path.endsWith(ending))
  const total = (paths: readonly string[]) => paths.reduce((sum, path) => sum + statSync(join(built, `${path}.br`)).size, 0)
  const font = readdirSync(join(built, 'assets')).find((name) => /^geist-latin-wght.*\.woff2$/.test(name))
  return {
    scripts: total(named('.js')),
    styles: total(named('.css')),
    font: font === undefined ? 0 : statSync(join(built, 'assets', font)).size,
  }
}
