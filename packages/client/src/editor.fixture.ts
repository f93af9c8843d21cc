import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** A file that is open in an editor, and asked about at places in it. */
export interface OpenFile {
  /** What the editor offers in place of the `|` in a line at the end of the file; an optional name as a required one. */
  completions(line: string): Promise<readonly string[]>
  /** The lines that the editor goes to from the `|` in a line at the end of the file, each as `file.ts: text`. */
  definitions(line: string): Promise<readonly string[]>
  close(): void
}

interface Message {
  readonly id?: number
  readonly method?: string
  readonly result?: unknown
}

interface Place {
  readonly uri: string
  readonly range: { readonly start: { readonly line: number } }
}

const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))

/** Opens a file as an editor does, with the language server of the compiler that checks this repository. */
export async function openInEditor(path: string): Promise<OpenFile> {
  const server = spawn(process.execPath, [join(typescript, 'bin', 'tsc'), '--lsp', '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] })
  const waiting = new Map<number, (result: unknown) => void>()
  const send = (message: object) => {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message })
    server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  }
  server.stdout.on(
    'data',
    messagesOf(({ id, method, result }) => {
      if (id === undefined) return
      if (method === undefined) waiting.get(id)?.(result)
      // What the server asks of an editor: this one has no settings.
      else send({ id, result: null })
    }),
  )
  let asked = 0
  const ask = (method: string, params: object) => {
    asked += 1
    const answer = new Promise<unknown>((resolve) => waiting.set(asked, resolve))
    send({ id: asked, method, params })
    return answer
  }

  const uri = pathToFileURL(path).href
  const text = readFileSync(path, 'utf8')
  await ask('initialize', { processId: process.pid, rootUri: pathToFileURL(dirname(path)).href, capabilities: {} })
  send({ method: 'initialized', params: {} })
  send({ method: 'textDocument/didOpen', params: { textDocument: { uri, languageId: 'typescriptreact', version: 1, text } } })
  let version = 1
  const askAt = (method: string, line: string) => {
    version += 1
    const changed = { uri, version }
    send({
      method: 'textDocument/didChange',
      params: { textDocument: changed, contentChanges: [{ text: `${text}\n${line.replace('|', '')}\n` }] },
    })
    return ask(method, { textDocument: { uri }, position: { line: text.split('\n').length, character: line.indexOf('|') } })
  }
  return {
    async completions(line) {
      // The protocol fixes the shape of both answers.
      const list = (await askAt('textDocument/completion', line)) as { readonly items: readonly { readonly label: string }[] } | null
      return list?.items.map(({ label }) => label.replace('?', '')) ?? []
    },
    async definitions(line) {
      const places = (await askAt('textDocument/definition', line)) as readonly Place[] | null
      return (places ?? []).map(({ uri: found, range }) => {
        const lines = readFileSync(fileURLToPath(found), 'utf8').split('\n')
        return `${found.split('/').at(-1)}: ${lines[range.start.line]?.trim()}`
      })
    },
    close: () => void server.kill(),
  }
}

/** Takes the messages of the protocol out of what comes in pieces of any length. */
function messagesOf(receive: (message: Message) => void): (piece: Buffer) => void {
  let rest = Buffer.alloc(0)
  return (piece) => {
    rest = Buffer.concat([rest, piece])
    for (;;) {
      const head = /^Content-Length: (\d+)\r\n(?:.+\r\n)*\r\n/.exec(rest.toString('latin1'))
      if (head === null) return
      const [whole, length] = head
      const end = whole.length + Number(length)
      if (rest.length < end) return
      receive(JSON.parse(rest.subarray(whole.length, end).toString('utf8')))
      rest = rest.subarray(end)
    }
  }
}
