import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'

/** What is being typed, `|` where the cursor stands, and what an editor offers there. */
const unfinished: readonly (readonly [name: string, program: string, offered: readonly string[]])[] = [
  ['the metered ids, to meter by', "meteredProcedure('|', { units: 1 })", ['image_gen', 'messages']],
  ['the metered ids, before there are options', "meteredProcedure('|')", ['image_gen', 'messages']],
  ['the metered ids, to meter by several', 'meteredProcedure({ | })', ['image_gen?', 'messages?']],
  ['the metered ids, to use in metered()', "t.procedure.use(metering.metered('|', { units: 1 }))", ['image_gen', 'messages']],
  ['the boolean ids, to gate by', "gatedProcedure('|')", ['sso']],
  [
    'the fields of the input, to compute units from',
    "meteredProcedure('messages', { input: z.object({ n: z.number() }), units: ({ input }) => input.| })",
    ['n'],
  ],
  [
    'the ids that a call counts',
    "meteredProcedure({ messages: 1, image_gen: 1 }).mutation(({ ctx }) => ctx.usage.add(1, '|'))",
    ['image_gen', 'messages'],
  ],
]

const folder = join(import.meta.dirname, '../node_modules/.cache/completions')
const uri = pathToFileURL(join(folder, 'program.ts')).href
const root = join(import.meta.dirname, '../../..')

const preamble = `
import { boolean, creditSystem, defineFeatures, metered } from '@tollgate/features'
import { initTRPC } from '@trpc/server'
import { z } from 'zod'
import type { Backend } from '../../../src/backends/backend.ts'
import { createMetering } from '../../../src/createMetering.ts'

const features = defineFeatures({ messages: metered(), image_gen: metered(), sso: boolean(), credits: creditSystem({ image_gen: 10 }) })
declare const backend: Backend
const t = initTRPC.context<{ orgId: string }>().create()
const metering = createMetering({ features, backend, identify: ({ ctx }: { ctx: { orgId: string } }) => ({ customerId: ctx.orgId }), onOutage: 'deny' })
const { meteredProcedure, gatedProcedure } = metering.procedures(t.procedure)
`
const lines = [...preamble.split('\n'), ...unfinished.map(([, program]) => `void ${program}`)]

/** The language server that editors run. */
let server: ChildProcessWithoutNullStreams
let chunks: AsyncIterator<readonly string[]>
let unread = ''
let lastId = 0

beforeAll(async () => {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const compilerOptions = { noEmit: true, incremental: false, composite: false, customConditions: ['@tollgate/source'], types: ['node'] }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ extends: '../../../../../tsconfig.base.json', compilerOptions }))
  await writeFile(join(folder, 'program.ts'), '')
  server = spawn(join(root, 'node_modules/.bin/tsc'), ['--lsp', '--stdio'], { cwd: folder })
  // Lengths are told in bytes, and a character of latin1 is one.
  server.stdout.setEncoding('latin1')
  chunks = on(server.stdout, 'data')
  await request('initialize', { processId: null, rootUri: pathToFileURL(folder).href, capabilities: {} })
  send({ method: 'initialized', params: {} })
  const text = lines.map((line) => line.replace('|', '')).join('\n')
  send({ method: 'textDocument/didOpen', params: { textDocument: { uri, languageId: 'typescript', version: 1, text } } })
})

afterAll(async () => {
  server.kill()
  await once(server, 'close')
})

function send(message: object): void {
  const text = JSON.stringify({ jsonrpc: '2.0', ...message })
  server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
}

/** Asks, and answers what the server asks meanwhile with nothing. */
async function request(method: string, params: object): Promise<unknown> {
  const id = ++lastId
  send({ id, method, params })
  for (;;) {
    const message = await nextMessage()
    if (message.method === undefined && message.id === id) return message.result
    if (message.method !== undefined && message.id !== undefined) send({ id: message.id, result: null })
  }
}

interface Message {
  readonly id?: number | string
  readonly method?: string
  readonly result?: unknown
}

async function nextMessage(): Promise<Message> {
  for (;;) {
    const { 0: head, 1: length } = /^Content-Length: (\d+)\r\n(?:.+\r\n)*\r\n/.exec(unread) ?? []
    if (head !== undefined && unread.length >= head.length + Number(length)) {
      const body = unread.slice(head.length, head.length + Number(length))
      unread = unread.slice(head.length + Number(length))
      return JSON.parse(Buffer.from(body, 'latin1').toString())
    }
    const { value } = await chunks.next()
    unread += value[0]
  }
}

it.each(unfinished)('an editor offers %s', async (_name, program, offered) => {
  const typed = `void ${program}`
  const position = { line: lines.indexOf(typed), character: typed.indexOf('|') }
  const answer = (await request('textDocument/completion', { textDocument: { uri }, position })) as {
    readonly items: readonly { readonly label: string }[]
  }
  expect(answer.items.map(({ label }) => label).sort()).toEqual(offered)
})
