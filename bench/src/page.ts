import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { openBrowser } from '../../e2e/src/web/openBrowser.ts'
import { startStudio } from '../../e2e/src/web/startStudio.ts'
import type { Click, FirstRender } from './page/inPage.ts'
import { sentBytes } from './page/sentBytes.ts'
import { conditions, openPage, visitFirst } from './page/visit.ts'

interface Options {
  readonly json?: string
  readonly rounds: number
  readonly clicks: number
}

const options = new Command()
  .description(
    'Measures the studio in Chromium, built and run for production: what is sent, when it is painted, how fast a metered click is.',
  )
  .option('--json <file>', 'write the measurements to a file')
  .option('--rounds <number>', 'how often the first page is opened under each of the conditions; the medians are told', Number, 9)
  .option('--clicks <number>', 'how often each button is pressed, in turns: the medians are told', Number, 40)
  .parse()
  .opts<Options>()

const studio = await startStudio({ NODE_ENV: 'production', SESSION_SECRET: 'a secret for this benchmark alone, long enough' })
const browser = await openBrowser()
try {
  const report = {
    node: process.version,
    cpus: cpus().length,
    browser: browser.version(),
    bytes: sentBytes(),
    ...(await rendered()),
    ...(await clicked()),
  }
  process.stdout.write(`${linesOf(report).join('\n')}\n`)
  // pnpm starts the script in this package's folder; the path is meant from where the person stands.
  if (options.json !== undefined)
    await writeFile(resolve(process.env['INIT_CWD'] ?? '.', options.json), `${JSON.stringify(report, null, 2)}\n`)
} finally {
  await browser.close()
  await studio.dispose()
}

/** Opens the first page under all conditions in turn, so that what else the machine does hits each of them. */
async function rendered() {
  const visits = conditions.map((each) => ({ name: each.name, told: [] as FirstRender[] }))
  for (let round = 0; round <= options.rounds; round += 1) {
    for (const [index, each] of conditions.entries()) {
      const told = await visitFirst(browser, studio.url, each)
      // The first round warms the server up.
      if (round > 0) visits[index]?.told.push(told)
    }
  }
  return {
    firstRender: visits.map(({ name, told }) => ({
      conditions: name,
      firstPaintMs: median(told.map(({ firstPaintMs }) => firstPaintMs)),
      largestPaintMs: median(told.map(({ largestPaintMs }) => largestPaintMs)),
      balanceMs: median(told.map(({ balanceMs }) => balanceMs)),
      layoutShift: Math.max(...told.map(({ layoutShift }) => layoutShift)),
    })),
  }
}

/** Presses a metered button and a plain one in turn. */
async function clicked() {
  const page = await openPage(browser, studio.url)
  const metered: Click[] = []
  const plain: Click[] = []
  for (let click = -3; click < options.clicks; click += 1) {
    const [first, second] = [await page.metered(), await page.plain()]
    if (click < 0) continue
    metered.push(first)
    plain.push(second)
  }
  await page.close()
  return {
    click: {
      metered: { nextPaintMs: median(metered.map(({ nextPaintMs }) => nextPaintMs)), doneMs: median(metered.map(({ doneMs }) => doneMs)) },
      plain: { nextPaintMs: median(plain.map(({ nextPaintMs }) => nextPaintMs)) },
    },
  }
}

type Report = { readonly bytes: ReturnType<typeof sentBytes> } & Awaited<ReturnType<typeof rendered>> & Awaited<ReturnType<typeof clicked>>

function linesOf({ bytes, firstRender, click }: Report): readonly string[] {
  const kB = (size: number) => `${(size / 1_000).toFixed(1)} kB`
  const ms = (time: number) => `${time.toFixed(0)} ms`
  return [
    `sent (brotli)     scripts ${kB(bytes.scripts)}, styles ${kB(bytes.styles)}, font ${kB(bytes.font)}`,
    ...firstRender.map(
      (each) =>
        `${each.conditions.padEnd(18)}first paint ${ms(each.firstPaintMs)}, largest ${ms(each.largestPaintMs)}, balance shown ${ms(each.balanceMs)}, layout shift ${each.layoutShift.toFixed(4)}`,
    ),
    `metered click     next paint ${ms(click.metered.nextPaintMs)} (a plain click: ${ms(click.plain.nextPaintMs)}), done ${ms(click.metered.doneMs)}`,
  ]
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2
}
