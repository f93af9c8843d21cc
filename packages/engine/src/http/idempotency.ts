import { hash } from 'node:crypto'
import type { Operation } from '../core/command.ts'
import type { Engine } from '../engine.ts'
import type { Claim } from '../execution.ts'
import { ApiError, duplicateKey } from './apiError.ts'
import type { Reply } from './reply.ts'

/** Request header: names one logical request. Org-wide, whatever the route; used up by a success, free again after a failure. */
export const KEY_HEADER = 'idempotency-key'

/** Request header of our own: with the value `stored`, a repeat gets the first answer again instead of a 409. */
export const REPLAY_HEADER = 'idempotency-replay'

/** Response header of an answer that was given before. */
export const REPLAYED_HEADER = 'idempotent-replayed'

const MAX_KEY_LENGTH = 1_000

interface TakenKey {
  readonly id: string
  readonly key: string
  readonly fingerprint: string
  readonly stores: boolean
}

/** Keeps requests with the same key apart within this process; across processes and restarts the engine's claims do. */
export function keyRing(engine: Engine): () => RequestKeys {
  const running = new Set<string>()
  return () => new RequestKeys(engine, running)
}

/** The keys of one request: held while it runs, used up with its effect. */
export class RequestKeys {
  readonly #engine: Engine
  readonly #running: Set<string>
  readonly #taken: TakenKey[] = []
  #spent = false

  constructor(engine: Engine, running: Set<string>) {
    this.#engine = engine
    this.#running = running
  }

  /** Whether there are keys that nothing has used up yet. */
  get pending(): boolean {
    return this.#taken.length > 0 && !this.#spent
  }

  /** Takes a key, or throws the 409 that says why it cannot be had. */
  async take(key: string): Promise<void> {
    const id = this.#hold({ id: idOf(key), key, fingerprint: '', stores: false })
    if (await this.#known(id)) throw duplicateKey(key)
  }

  /** Takes the key of the request's header. Answers the stored reply when the request is a repeat that asked for it. */
  async takeHeader(key: string, fingerprint: string, replays: boolean): Promise<Reply | null> {
    const operation = await this.#known(this.#hold({ id: idOf(key), key, fingerprint, stores: replays }))
    if (operation === null) return null
    if (!replays || operation.result === null) throw duplicateKey(key)
    if (operation.fingerprint !== fingerprint) throw conflictError(key)
    return storedReply(operation.result)
  }

  /** What to give to a command whose success uses the keys up, with the reply to store. */
  claims<TAnswer>(reply: (answer: TAnswer) => Reply): readonly Claim<TAnswer>[] {
    if (!this.pending) return []
    return this.#taken.map(({ id, fingerprint, stores }) =>
      stores ? { id, fingerprint, result: (answer) => stored(reply(answer)) } : { id, fingerprint },
    )
  }

  /** Notes that a command has used the keys up. */
  spend(): void {
    this.#spent = true
  }

  /** Uses the keys up by themselves, after a request that succeeded without a command. */
  async settle(reply: Reply): Promise<void> {
    if (!this.pending) return
    for (const { id, fingerprint, stores } of this.#taken) {
      const used = await this.#engine.claim({ id, fingerprint }, stores ? stored(reply) : undefined)
      if (used) throw this.lost(used)
    }
    this.#spent = true
  }

  /** The 409 for a claim that another request was faster with. */
  lost(operation: Operation): ApiError {
    return duplicateKey(this.#taken.find(({ id }) => id === operation.id)?.key ?? '')
  }

  /** Lets go of the keys: other requests may try them. */
  release(): void {
    for (const { id } of this.#taken) this.#running.delete(id)
  }

  #hold(entry: TakenKey): string {
    if (this.#running.has(entry.id)) throw duplicateKey(entry.key)
    this.#running.add(entry.id)
    this.#taken.push(entry)
    return entry.id
  }

  async #known(id: string): Promise<Operation | null> {
    const operation = await this.#engine.operation(id)
    return operation !== null && operation.expiresAt > this.#engine.now() ? operation : null
  }
}

/** Tells requests apart: the same key with another one of these is a conflict. */
export function fingerprintOf(method: string, path: string, version: number, body: unknown): string {
  return hash('sha256', JSON.stringify([method, path, version, body]))
}

function idOf(key: string): string {
  if (key === '' || key.length > MAX_KEY_LENGTH) {
    throw new ApiError(400, 'invalid_inputs', `idempotency_key: must have 1 to ${MAX_KEY_LENGTH} characters`)
  }
  return `key:${hash('sha256', key)}`
}

function conflictError(key: string): ApiError {
  return new ApiError(409, 'idempotency_conflict', `Idempotency key ${key} was used with another request`)
}

function stored({ status, body }: Reply): string {
  return JSON.stringify({ status, body })
}

function storedReply(text: string): Reply {
  // Only `stored` writes this text, so it has the shape of a reply.
  const { status, body } = JSON.parse(text) as Reply
  return { status, body, replayed: true }
}
