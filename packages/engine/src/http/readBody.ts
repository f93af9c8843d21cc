import type { Context } from 'hono'
import { ApiError, invalidInputs } from './apiError.ts'

/** The largest request body, in bytes. */
export const MAX_BODY_BYTES = 1_000_000

/** Reads a request's JSON body; an empty one counts as `{}`. Throws when it is too large or is not JSON. */
export async function readBody({ req }: Context): Promise<unknown> {
  const length = req.header('content-length')
  // A length that was announced is kept to by the HTTP parser; a body without one is counted as it arrives.
  if (length !== undefined && Number(length) > MAX_BODY_BYTES) throw tooLarge()
  const text = length === undefined ? await countedText(req.raw.body) : await req.text()
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalidInputs(`body: not valid JSON: ${error instanceof Error ? error.message.slice(0, 200) : 'it cannot be parsed'}`)
  }
}

async function countedText(body: ReadableStream<Uint8Array> | null): Promise<string> {
  if (body === null) return ''
  const decoder = new TextDecoder()
  let size = 0
  let text = ''
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > MAX_BODY_BYTES) throw tooLarge()
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function tooLarge(): ApiError {
  return new ApiError(413, 'request_too_large', `The request body is larger than ${MAX_BODY_BYTES} bytes`)
}
