import { hash, randomBytes } from 'node:crypto'
import type { TRPCCombinedDataTransformer } from '@trpc/server'
import type { Caller, OperationRef } from './backends/backend.ts'

/**
 * The operation of a call to which the client gave an id, scoped by customer, entity and procedure: nobody can reach another's, nor take one
 * procedure's answer for another's.
 */
export function repeatableOperation(id: string, caller: Caller, path: string, rawInput: unknown): OperationRef {
  const scope = JSON.stringify([caller.customerId, caller.entityId, path, id])
  return {
    id: `op_${hash('sha256', scope, 'base64url')}`,
    fingerprint: hash('sha256', canonicalText(rawInput), 'base64url'),
  }
}

/** The operation of a call without an id: it has a receipt as any other, and cannot be repeated. The time in its id tells a backend where to look for it. */
export function uniqueOperation(now: number): OperationRef {
  if (now !== writtenAt.ms) writtenAt = { ms: now, text: now.toString(36) }
  return { id: `op_${writtenAt.text}_${PROCESS}${(calls++).toString(36)}`, fingerprint: '', unique: true }
}

/** The id of a hold, of which an operation may take one after the other. */
export function holdIdOf({ id, unique }: OperationRef): string {
  return unique ? id : `${id}_${PROCESS}${(calls++).toString(36)}`
}

/** Told apart by process and call: that costs a tenth of fresh randomness for each. */
const PROCESS = randomBytes(15).toString('base64url').replaceAll(/[-_]/g, '0')
let calls = 0

/** Many calls begin in one millisecond. */
let writtenAt = { ms: 0, text: '0' }

/** When the call of an operation without an id began, in ms since the epoch; null for an operation of a client. */
export function beginningOf(operationId: string): number | null {
  const [, time] = /^op_([0-9a-z]{8,9})_/.exec(operationId) ?? []
  return time === undefined ? null : Number.parseInt(time, 36)
}

/** An answer as it is kept with its operation. */
type KeptAnswer =
  | { readonly kind: 'value'; readonly json: unknown }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'stream' }

export const STREAMED_ANSWER = JSON.stringify({ kind: 'stream' } satisfies KeptAnswer)

/** The text to keep for a repeat. Of an answer beyond the limit only that it was too large is kept. */
export function answerText(data: unknown, transformer: TRPCCombinedDataTransformer | null, limitBytes: number): string {
  if (data === undefined) return JSON.stringify({ kind: 'nothing' } satisfies KeptAnswer)
  const json: unknown = transformer ? transformer.output.serialize(data) : data
  const text = JSON.stringify({ kind: 'value', json } satisfies KeptAnswer)
  return Buffer.byteLength(text) <= limitBytes ? text : JSON.stringify({ kind: 'too_large' } satisfies KeptAnswer)
}

/** What a repeat is answered, read back from the text. */
export function parseAnswer(
  text: string | null,
  transformer: TRPCCombinedDataTransformer | null,
): KeptAnswer | { readonly kind: 'data'; readonly data: unknown } {
  // Only `answerText` and `STREAMED_ANSWER` are ever stored.
  const kept = (text === null ? { kind: 'stream' } : JSON.parse(text)) as KeptAnswer
  if (kept.kind === 'nothing') return { kind: 'data', data: undefined }
  if (kept.kind !== 'value') return kept
  return { kind: 'data', data: transformer ? transformer.output.deserialize(kept.json) : kept.json }
}

/** One text for one input, however its keys are ordered; two inputs that differ have two. */
function canonicalText(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  // JSON would make null of NaN and of infinity.
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined'
  if (Array.isArray(value)) return `[${value.map(canonicalText).join()}]`
  if (value instanceof FormData) return `Form(${canonicalText([...value])})`
  if (value instanceof Blob) return `File(${canonicalText(fileFacts(value))})`
  if (value instanceof Date) return `Date(${value.getTime()})`
  if (value instanceof Map) return `Map(${canonicalText([...value])})`
  if (value instanceof Set) return `Set(${canonicalText([...value])})`
  if (value instanceof URL || value instanceof RegExp) return `Text(${JSON.stringify(String(value))})`
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined)
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, entry]) => `${JSON.stringify(key)}:${canonicalText(entry)}`)
    .join()}}`
}

/** A file is known by what it says of itself: its bytes are not read for this. */
function fileFacts(file: Blob): readonly unknown[] {
  return [file instanceof File ? file.name : null, file.size, file.type]
}
