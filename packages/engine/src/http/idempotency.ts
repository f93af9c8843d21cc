import { hash } from 'node:crypto'
import type { Operation } from '../core/command.ts'
import type { Claim, Engine } from '../engine.ts'
import { ApiError, duplicateKey } from './apiError.ts'
import type { Reply } from './reply.ts'

/** Request header: names one logical request. Org-wide, whatever the route; used up by a success, free again after a failure. */
export const KEY_HEADER = 'idempotency-key'

/** Request header of our own: with the value `stored`, a repeat gets the first answer again instead of a 409. */
export const REPLAY_HEADER = 'idempotency-replay'

/** Response header of an answer that was given before. */
export const REPLAYED_HEADER = 'idempotent-replayed'

const MAX_KEY_LENGTH = 1_000

/** The keys of one request: held while it runs, used up with its effect. */
export interface RequestKeys {
  /** Whether there are keys that nothing has used up yet. */
  readonly pending: boolean
  /** Takes a key, or throws the 409 that says why it cannot be had. */
  take(key: string): Promise<void>
  /** Takes the key of the request's header. Answers the stored reply when the request is a repeat that asked for it. */
  takeHeader(key: string, fingerprint: string, replays: boolean): Promise<Reply | null>
  /** What to give to a command whose success uses the keys up, with the reply to store. */
  claims<TAnswer>(reply: (answer: TAnswer) => Reply): readonly Claim<TAnswer>[]
  /** Notes that a command has used the keys up. */
  spend(): void
  /** Uses the keys up by themselves, after a request that succeeded without a command. */
  settle(reply: Reply): Promise<void>
  /** The 409 for a claim that another request was faster with. */
  lost(operation: Operation): ApiError
  /** Lets go of the keys: other requests may try them. */
  release(): void
}

interface TakenKey {
  readonly id: string
  readonly key: string
  readonly fingerprint: string
  readonly stores: boolean
}

/** Keeps requests with the same key apart within this process; across processes and restarts the engine's claims do. */
export function keyRing(engine: Engine): () => RequestKeys {
  const running = new Set<string>()
  return () => requestKeys(engine, running)
}

function requestKeys(engine: Engine, running: Set<string>): RequestKeys {
  const taken: TakenKey[] = []
  let spent = false

  const hold = (entry: TakenKey): void => {
    if (running.has(entry.id)) throw duplicateKey(entry.key)
    running.add(entry.id)
    taken.push(entry)
  }

  const known = async (id: string): Promise<Operation | null> => {
    const operation = await engine.operation(id)
    return operation !== null && operation.expiresAt > engine.now() ? operation : null
  }

  return {
    get pending() {
      return taken.length > 0 && !spent
    },
    async take(key) {
      const entry = { id: idOf(key), key, fingerprint: '', stores: false }
      hold(entry)
      if (await known(entry.id)) throw duplicateKey(key)
    },
    async takeHeader(key, fingerprint, replays) {
      const entry = { id: idOf(key), key, fingerprint, stores: replays }
      hold(entry)
      const operation = await known(entry.id)
      if (operation === null) return null
      if (!replays) throw duplicateKey(key)
      if (operation.fingerprint !== fingerprint) throw conflictError(key)
      if (operation.result === null) throw duplicateKey(key)
      return storedReply(operation.result)
    },
    claims(reply) {
      if (spent) return []
      return taken.map(({ id, fingerprint, stores }) =>
        stores ? { id, fingerprint, result: (answer) => stored(reply(answer)) } : { id, fingerprint },
      )
    },
    spend() {
      spent = true
    },
    async settle(reply) {
      if (spent) return
      for (const { id, fingerprint, stores } of taken) {
        const used = await engine.claim({ id, fingerprint }, stores ? stored(reply) : undefined)
        if (used) throw this.lost(used)
      }
      spent = true
    },
    lost(operation) {
      return duplicateKey(taken.find(({ id }) => id === operation.id)?.key ?? '')
    },
    release() {
      for (const { id } of taken) running.delete(id)
    },
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
