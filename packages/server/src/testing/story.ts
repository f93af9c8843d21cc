import { AsyncLocalStorage } from 'node:async_hooks'
import type { Caller, FeatureUnits } from '../backends/backend.ts'
import { denialOf } from '../denialError.ts'

/** One logical call of the simulation, with all that happened to it. */
export interface Story {
  readonly index: number
  readonly path: string
  readonly input: unknown
  readonly caller: Caller
  readonly customerId: string
  /** Null: a call without an id; then every attempt is a call of its own. */
  readonly operationId: string | null
  /** What the call costs by what the procedure declares. */
  readonly cost: readonly FeatureUnits[]
  readonly attempts: Attempt[]
  readonly runs: Run[]
  /** Its resolver called other metered procedures: what it costs in all is not known here. */
  nested: boolean
}

/** One sending of a call. */
export interface Attempt {
  readonly abort: AbortController
  /** Chunks that reached the reader of a stream. */
  delivered: number
  /** Something that this sending brought about was recorded as used. */
  isCharged: boolean
  outcome: Outcome | null
}

export type Outcome =
  | { readonly kind: 'answered'; readonly answer: unknown }
  /** The reader of a stream left. */
  | { readonly kind: 'left' }
  | { readonly kind: 'failed'; readonly error: unknown }

/** One run of the resolver. */
export interface Run {
  readonly attempt: Attempt
  isStream: boolean
  /** An outage's policy let it in, not the backend. */
  readonly isLetThrough: boolean
  fate: 'running' | 'finished' | 'threw'
}

/** The sending that brought about what is running: whoever meters by hand need not say for whom. */
export const sending = new AsyncLocalStorage<Attempt>()

/** How an attempt ended, in a word. */
export function wordOf({ outcome, delivered }: Attempt): string {
  if (outcome === null) return 'unfinished'
  if (outcome.kind === 'failed') return denialOf(outcome.error)?.reason ?? messageOf(outcome.error)
  return delivered > 0 ? `${outcome.kind} after ${delivered} chunks` : outcome.kind
}

/** Whether another attempt may find another answer. */
export function mayRetry({ outcome }: Attempt): boolean {
  const reason = outcome?.kind === 'failed' ? denialOf(outcome.error)?.reason : undefined
  return reason === 'outage' || reason === 'operation_in_progress'
}

/** Whether an attempt was refused before anything ran. */
export function isDenied(attempt: Attempt): boolean {
  return attempt.outcome?.kind === 'failed' && denialOf(attempt.outcome.error) !== null
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
