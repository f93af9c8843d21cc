import { type Amount, amountOf, unitsOf } from '@tollgate/engine'
import type { Features, Shortage } from '@tollgate/features'
import type { Outbox } from '../../outbox/outbox.ts'
import type { Caller, FeatureUnits, Pattern, ReserveRequest } from '../backend.ts'
import type { AccessBook } from './accessBook.ts'
import { type Ender, endingOf } from './ending.ts'
import type { Leases, Slice } from './leases.ts'
import { heldAside, type Locks } from './locks.ts'
import type { LeasePart, LockPart, Part, TrackPart } from './part.ts'

/** What became of setting units aside: all of them or none. */
export type Taken =
  | { readonly kind: 'taken'; readonly parts: readonly Part[] }
  | { readonly kind: 'short'; readonly shortage: Shortage }
  | { readonly kind: 'entity_not_found' }

export interface TakeRequest {
  readonly caller: Caller
  readonly items: readonly FeatureUnits[]
  /** How the procedure charges its features; the others as the backend was told. */
  readonly patterns: ReserveRequest['patterns']
  readonly ttlMs: number
  readonly procedure: string
  /** Now. */
  readonly at: number
}

/** Sets units aside, each feature in its own way. */
export interface Taking {
  /** Takes one feature after the other; when one is short, those before it are given back. */
  take(request: TakeRequest): Promise<Taken>
  /** The lock of a part anew, with a later end; null when the balance has no room for both at once. */
  renew(caller: Caller, part: LockPart, ttlMs: number, procedure: string): Promise<LockPart | null>
  /** Takes note that parts have ended, with so much used of each; `told` resolves when Autumn has heard of it. */
  end(caller: Caller, parts: readonly Part[], used: readonly Amount[], told: Promise<void>): void
  /** Ends parts of which nothing was used. Resolves once that is on the disk, with what resolves once Autumn has heard of it. */
  giveBack(ender: Ender, parts: readonly Part[]): Promise<{ readonly told: Promise<void> }>
}

export interface TakingOptions {
  readonly features: Features
  readonly patterns: { readonly [featureId: string]: Pattern | undefined }
  readonly locks: Locks
  readonly leases: Leases
  readonly book: AccessBook
  readonly outbox: Outbox
}

export function createTaking({ features, patterns, locks, leases, book, outbox }: TakingOptions): Taking {
  /** Units that calls of this process looked at and have not tracked yet: the next one looks for them too. */
  const lookedAt = new Map<string, Amount>()
  const keyOf = ({ customerId, entityId }: Caller, featureId: string): string => JSON.stringify([customerId, entityId, featureId])

  const isTracked = (featureId: string, units: Amount, own: TakeRequest['patterns']): boolean => {
    // There is nothing to set aside for no units.
    return units === 0n || !canHold(features, featureId) || (own?.[featureId] ?? patterns[featureId]) === 'track'
  }

  const track = async (caller: Caller, featureId: string, units: Amount): Promise<Taken> => {
    const key = keyOf(caller, featureId)
    const before = lookedAt.get(key) ?? 0n
    // Counted before the answer comes, so that calls at the same time do not all find the same last unit.
    lookedAt.set(key, before + units)
    const asked = await locks.ask(caller, featureId, before + units).catch((error: unknown) => {
      countOff(key, units)
      throw error
    })
    if (asked.kind !== 'granted') {
      countOff(key, units)
      return asked.kind === 'short' ? { kind: 'short', shortage: asked.shortage } : asked
    }
    const part: TrackPart = { kind: 'track', featureId, units, paidFrom: asked.paidFrom }
    return { kind: 'taken', parts: [part] }
  }

  const countOff = (key: string, units: Amount): void => {
    const left = (lookedAt.get(key) ?? 0n) - units
    if (left > 0n) lookedAt.set(key, left)
    else lookedAt.delete(key)
  }

  const lock = async (caller: Caller, featureId: string, units: Amount, ttlMs: number, procedure: string): Promise<Taken> => {
    const asked = await locks.take({ caller, featureId, units, ttlMs, procedure })
    if (asked.kind !== 'granted') return asked
    const { lockId, expiresAt, paidFrom } = asked
    const aside = heldAside(paidFrom, units)
    if (aside) book.setAside(caller, aside)
    const part: LockPart = { kind: 'lock', featureId, units, lockId, expiresAt, paidFrom, aside }
    return { kind: 'taken', parts: [part] }
  }

  const leased = (caller: Caller, { block, units }: Slice): LeasePart => {
    const aside = heldAside(block.paidFrom, units)
    if (aside) book.setAside(caller, aside)
    return { kind: 'lease', featureId: block.featureId, units, paidFrom: block.paidFrom, block, aside }
  }

  const takeOne = async (request: TakeRequest, { featureId, units: asked }: FeatureUnits): Promise<Taken> => {
    const { caller, ttlMs, procedure } = request
    const units = amountOf(asked)
    if (isTracked(featureId, units, request.patterns)) return track(caller, featureId, units)
    const slice = await leases.take(caller, featureId, units, ttlMs)
    if (slice) return { kind: 'taken', parts: [leased(caller, slice)] }
    // What is left in the blocks of this process is the customer's too: without it a call could be denied that the balance would pay.
    const rest = leases.takeRest(caller, featureId, units, ttlMs).map((each) => leased(caller, each))
    const missing = units - rest.reduce((sum, part) => sum + part.units, 0n)
    if (missing === 0n) return { kind: 'taken', parts: rest }
    const taken = await lock(caller, featureId, missing, ttlMs, procedure).catch((error: unknown) => {
      end(caller, rest, [], TOLD)
      throw error
    })
    if (taken.kind === 'taken') return { kind: 'taken', parts: [...rest, ...taken.parts] }
    end(caller, rest, [], TOLD)
    return taken.kind === 'short' ? { kind: 'short', shortage: wholeShortage(taken.shortage, rest) } : taken
  }

  const end = (caller: Caller, parts: readonly Part[], used: readonly Amount[], told: Promise<void>): void => {
    for (const [index, part] of parts.entries()) {
      const taken = used[index] ?? 0n
      // Until Autumn has heard of it, a check would find the units still there.
      if (part.kind === 'track') void told.then(() => countOff(keyOf(caller, part.featureId), part.units))
      else if (part.aside) book.takeOff(caller, part.aside)
      if (part.kind === 'lease') leases.finish(part, taken)
      const changed = changeOf(part, taken)
      if (changed) book.adjust(caller, changed.poolId, changed.used)
    }
    book.tell(caller)
  }

  const giveBack = async (ender: Ender, parts: readonly Part[]): Promise<{ readonly told: Promise<void> }> => {
    if (parts.length === 0) return { told: TOLD }
    const nothing = parts.map(({ featureId }) => ({ featureId, units: 0 }))
    const { deliveries, leaseUses } = endingOf(ender, parts, nothing, 'cap')
    const settled = await outbox.settle({ operation: null, deliveries, leaseUses })
    const told = settled.kind === 'settled' ? settled.attempted : TOLD
    end(ender.caller, parts, [], told)
    return { told }
  }

  return {
    async take(request) {
      const { caller, procedure } = request
      const ender: Ender = { caller, holdId: '', operationId: null, procedure, at: request.at }
      const parts: Part[] = []
      try {
        for (const item of request.items) {
          const taken = await takeOne(request, item)
          if (taken.kind === 'taken') {
            parts.push(...taken.parts)
            continue
          }
          await giveBack(ender, parts)
          return taken
        }
      } catch (error) {
        await giveBack(ender, parts)
        throw error
      }
      return { kind: 'taken', parts }
    },
    async renew(caller, part, ttlMs, procedure) {
      const taken = await lock(caller, part.featureId, part.units, ttlMs, procedure)
      const [renewed] = taken.kind === 'taken' ? taken.parts : []
      return renewed?.kind === 'lock' ? renewed : null
    },
    end,
    giveBack,
  }
}

/** Autumn locks no units of allocated features. */
export function canHold(features: Features, featureId: string): boolean {
  const feature = features[featureId]
  return feature?.type !== 'metered' || feature.consumable
}

const TOLD = Promise.resolve()

/** What a part that ends changes in the balance that Autumn last told: a lock shows all of its units as used, a part without one shows none. */
function changeOf({ kind, units, paidFrom }: Part, used: Amount): { readonly poolId: string; readonly used: number } | null {
  if (paidFrom === null || kind === 'lease') return null
  const changed = kind === 'lock' ? used - units : used
  return changed === 0n ? null : { poolId: paidFrom.poolId, used: unitsOf(changed) * paidFrom.perUnit }
}

/** A call that asked Autumn for what the blocks did not have is told of all that it asked for. */
function wholeShortage(shortage: Shortage, rest: readonly LeasePart[]): Shortage {
  const inBlocks = rest.reduce((sum, part) => sum + (part.aside?.amount ?? 0), 0)
  return { ...shortage, required: shortage.required + inBlocks, remaining: shortage.remaining + inBlocks }
}
