// @vitest-environment jsdom

import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { fireEvent, screen } from '@testing-library/dom'
import { build } from 'vite'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type * as Page from './page.fixture.tsx'
import { serve } from './served.fixture.ts'

/** The page in one file, with the React that goes by these names in node_modules. */
async function bundled(react: string, dom: string): Promise<typeof Page> {
  // Inside the package, where what stays outside of the bundle is found.
  const cache = join(import.meta.dirname, '../node_modules/.cache')
  await mkdir(cache, { recursive: true })
  const outDir = await mkdtemp(join(cache, 'react-'))
  await build({
    configFile: false,
    logLevel: 'silent',
    define: { 'process.env.NODE_ENV': '"development"' },
    resolve: {
      conditions: ['@tollgate/source'],
      alias: [
        { find: /^react(?=\/|$)/, replacement: react },
        { find: /^react-dom(?=\/|$)/, replacement: dom },
      ],
    },
    build: {
      outDir,
      minify: false,
      rolldownOptions: {
        input: join(import.meta.dirname, 'page.fixture.tsx'),
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: 'page.js' },
      },
    },
  })
  const page: typeof Page = await import(/* @vite-ignore */ pathToFileURL(join(outDir, 'page.js')).href)
  await rm(outDir, { recursive: true })
  return page
}

/** An element in the document, and a page in it that is taken away with it. */
function containing(mounted: (container: Element) => Page.MountedPage) {
  const container = document.body.appendChild(document.createElement('main'))
  const page = mounted(container)
  onTestFinished(() => {
    page.unmount()
    container.remove()
  })
  return { container, page }
}

describe.each([
  ['18', 'react-18', 'react-dom-18'],
  ['19', 'react', 'react-dom'],
])('with React %s', (major, react, dom) => {
  let bundle: typeof Page
  beforeAll(async () => {
    bundle = await bundled(react, dom)
  })

  it('renders in the page', async () => {
    const { mount } = bundle
    const { url } = await serve()
    const { page } = containing((container) => mount(container, url))
    expect(page.version.split('.')[0]).toBe(major)
    const button = await screen.findByText('20 left, true')
    await screen.findByText('0 used')
    await screen.findByText('upgrade')
    fireEvent.click(button)
    await screen.findByText('19 left, true')
    await screen.findByText('1 used')
  })

  it('goes on with what a server rendered, and asks for nothing again', async () => {
    const { prerender, hydrate } = bundle
    const { url, requests } = await serve()
    const { html, state } = await prerender(url)
    expect(html).toContain('20 left, true')
    expect(html).toContain('<i>upgrade</i>')
    expect(html).toContain('0 used')

    requests.length = 0
    const seen = new Set<string>()
    const { page, container } = containing((main) => {
      main.innerHTML = html
      new MutationObserver(() => seen.add(main.textContent ?? '')).observe(main, { childList: true, characterData: true, subtree: true })
      return hydrate(main, url, state)
    })
    const shown = container.textContent
    fireEvent.click(screen.getByText('20 left, true'))
    await screen.findByText('19 left, true')
    await screen.findByText('1 used')
    expect(requests).toEqual(['/send'])
    expect(page.mismatches).toEqual([])
    // Between the server's page and the one after the click there was no other: no placeholder, no paywall.
    const [before, after] = [shown, container.textContent].map((text) => text?.replaceAll(/\d+/g, '#'))
    expect([...seen].map((text) => text.replaceAll(/\d+/g, '#'))).toEqual([...seen].map(() => before))
    expect(after).toBe(before)
  })
})
