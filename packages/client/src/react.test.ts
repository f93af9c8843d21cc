// @vitest-environment jsdom

import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { fireEvent, screen } from '@testing-library/dom'
import { build } from 'vite'
import { expect, it, onTestFinished } from 'vitest'
import type { mount } from './page.fixture.tsx'
import { serve } from './served.fixture.ts'

/** The page in one file, with the React that goes by these names in node_modules. */
async function bundled(react: string, dom: string): Promise<{ readonly mount: typeof mount }> {
  // Inside the package, where what stays outside of the bundle is found.
  const cache = join(import.meta.dirname, '../node_modules/.cache')
  await mkdir(cache, { recursive: true })
  const outDir = await mkdtemp(join(cache, 'react-'))
  onTestFinished(() => rm(outDir, { recursive: true }))
  await build({
    configFile: false,
    logLevel: 'silent',
    define: { 'process.env.NODE_ENV': '"development"' },
    resolve: {
      conditions: ['source'],
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
  return import(/* @vite-ignore */ pathToFileURL(join(outDir, 'page.js')).href)
}

it.each([
  ['18', 'react-18', 'react-dom-18'],
  ['19', 'react', 'react-dom'],
])('renders with React %s', { timeout: 60_000 }, async (major, react, dom) => {
  const { mount } = await bundled(react, dom)
  const container = document.body.appendChild(document.createElement('main'))
  const page = mount(container, await serve())
  onTestFinished(() => {
    page.unmount()
    container.remove()
  })
  expect(page.version.split('.')[0]).toBe(major)
  const button = await screen.findByText('20 left, true')
  await screen.findByText('0 used')
  await screen.findByText('upgrade')
  fireEvent.click(button)
  await screen.findByText('19 left, true')
  await screen.findByText('1 used')
})
