import assert from 'node:assert/strict'
import { amountOf, unitsOf } from '../amount.ts'
import { type Audit, createAudit } from '../audit.ts'
import { type Balance, balanceOf } from '../balance.ts'
import type { Catalog } from '../catalog.ts'
import type { Attach, Command, CreateBalance, FeatureUnits, UpdateBalance } from '../command.ts'
import { assertConserved } from '../conservation.ts'
import type { CustomerState } from '../customer.ts'
import { decide, present } from '../decide.ts'
import type { Moment } from '../draft.ts'
import type { Entry } from '../entry.ts'
import { applyEntry } from '../evolve.ts'
import { type Grant, remainingOf } from '../grant.ts'
import { DEFAULT_HOLD_MS, type OverageBehavior, type Properties } from '../hold.ts'

type Units = Readonly<Record<string, number>>

interface CallOptions {
  readonly overage?: OverageBehavior
  readonly entityId?: string
  readonly properties?: Properties
}

/** The instant at which test customers are created, unless a test says otherwise. */
export const TEST_START = Date.parse('2026-01-15T10:00:00.000Z')

/**
 * One customer, driven through `decide` with plain numbers, on a clock that the test moves.
 *
 * After every command it asserts what must hold of all of them: a refusal changes nothing, the entry folds into exactly the decided state,
 * and no unit was made or lost.
 */
export class TestCustomer {
  catalog: Catalog
  now: number
  state: CustomerState
  readonly entries: Entry[] = []
  readonly #audit: Audit = createAudit()
  #ids = 0

  constructor(catalog: Catalog, now: number = TEST_START) {
    this.catalog = catalog
    this.now = now
    const created = decide(null, { kind: 'touch' }, this.#moment(), 'c1', { id: 'c1' })
    assert(created.state)
    this.state = created.state
    this.#record(null, created.state, created.changes)
  }

  /** Moves the clock to an instant, given as ISO text or in ms. */
  at(instant: string | number): this {
    this.now = typeof instant === 'string' ? Date.parse(instant) : instant
    return this
  }

  after(ms: number): this {
    return this.at(this.now + ms)
  }

  run<TCommand extends Command>(command: TCommand) {
    const before = this.state
    const { answer, changes, state } = decide(before, command, this.#moment(), 'c1', null)
    assert(state)
    if (!answer.ok || command.kind === 'check') assert.equal(changes.length, 0, 'a refusal and a check change nothing')
    if (changes.length === 0) assert.equal(state, before)
    else this.#record(before, state, changes)
    return answer
  }

  check(units: Units, options: CallOptions = {}): boolean {
    const { entityId = null, properties = null } = options
    const answer = this.run({ kind: 'check', items: itemsOf(units), entityId, properties })
    return answer.ok && answer.allowed
  }

  track(units: Units, options: CallOptions = {}) {
    const { overage = 'cap', entityId = null, properties = null } = options
    return this.run({ kind: 'track', items: itemsOf(units), entityId, overage, eventName: null, properties, timestamp: null })
  }

  reserve(holdId: string, units: Units, options: CallOptions & { readonly ttlMs?: number } = {}) {
    const { overage = 'reject', entityId = null, properties = null, ttlMs = DEFAULT_HOLD_MS } = options
    const expiresAt = this.now + ttlMs
    return this.run({ kind: 'reserve', holdId, operation: null, items: itemsOf(units), entityId, overage, expiresAt, properties })
  }

  extend(holdId: string, units: Units, expiresAt: number | null = null) {
    return this.run({ kind: 'extend', holdId, items: itemsOf(units), expiresAt })
  }

  commit(holdId: string, units: Units = {}, overage: OverageBehavior | null = null) {
    return this.run({ kind: 'commit', holdId, units: itemsOf(units), overage, properties: null })
  }

  release(holdId: string) {
    return this.run({ kind: 'release', holdId })
  }

  attach(planId: string, more: Partial<Omit<Attach, 'quantities'>> & { readonly quantities?: Units } = {}) {
    const quantities = itemsOf(more.quantities ?? {})
    return this.run({ kind: 'attach', planId, entityId: null, trial: 'once', ...more, quantities })
  }

  cancel(planId: string, when: 'now' | 'period_end' | 'uncancel' = 'now') {
    return this.run({ kind: 'cancel', planId, entityId: null, when })
  }

  /** Grants units that belong to no plan, under the id `balanceId`. */
  grant(balanceId: string, featureId: string, included: number, more: Partial<CreateBalance> = {}) {
    const base = { kind: 'create_balance', featureId, entityId: null, balanceId, included: amountOf(included) } as const
    return this.run({ ...base, unlimited: false, interval: null, nextResetAt: null, expiresAt: null, rollover: null, ...more })
  }

  update(featureId: string, more: Partial<UpdateBalance>) {
    return this.run({ kind: 'update_balance', featureId, entityId: null, balanceId: null, interval: null, ...more })
  }

  entity(entityId: string, featureId: string) {
    return this.run({ kind: 'create_entity', entityId, name: null, featureId })
  }

  /** The customer as of now, with what time alone has changed. */
  present(): CustomerState {
    return present(this.state, this.#moment())
  }

  balance(featureId: string, entityId: string | null = null): Balance | null {
    return balanceOf(this.present(), featureId, { entityId }, this.now)
  }

  left(featureId: string, entityId: string | null = null): number {
    return unitsOf(this.balance(featureId, entityId)?.remaining ?? 0n)
  }

  used(featureId: string, entityId: string | null = null): number {
    return unitsOf(this.balance(featureId, entityId)?.used ?? 0n)
  }

  held(featureId: string): number {
    return unitsOf(this.balance(featureId)?.held ?? 0n)
  }

  granted(featureId: string): number {
    return unitsOf(this.balance(featureId)?.granted ?? 0n)
  }

  /** What each grant of a feature has left, below zero when it is overdrawn, in the order in which they were granted. */
  leftByGrant(featureId: string): readonly number[] {
    return this.#grants(featureId).map((grant) => unitsOf(remainingOf(grant)))
  }

  /** What is left of the units carried over by a feature's grants. */
  carried(featureId: string): readonly number[] {
    return this.#grants(featureId).flatMap((grant) => grant.rollovers.map((rollover) => unitsOf(remainingOf(rollover))))
  }

  #grants(featureId: string): readonly Grant[] {
    return this.present().grants.filter((grant) => grant.featureId === featureId)
  }

  #moment(): Moment {
    return { now: this.now, catalog: this.catalog, newId: (prefix) => `${prefix}_${++this.#ids}` }
  }

  #record(before: CustomerState | null, after: CustomerState, changes: Entry['changes']): void {
    const entry: Entry = { customerId: 'c1', seq: this.entries.length + 1, at: this.now, operationId: null, changes }
    this.state = { ...after, seq: entry.seq }
    assertConserved(before, this.state, changes)
    this.#audit.add(entry)
    assert.deepEqual(applyEntry(before, entry), this.state, 'the entry folds into the decided state')
    this.entries.push(entry)
  }
}

function itemsOf(units: Units): readonly FeatureUnits[] {
  return Object.entries(units).map(([featureId, count]) => ({ featureId, units: amountOf(count) }))
}
