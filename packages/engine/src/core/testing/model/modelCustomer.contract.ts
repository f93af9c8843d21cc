import type { Catalog } from '../../catalog.ts'
import type {
  Attach,
  Cancel,
  Command,
  Commit,
  CreateBalance,
  CreateEntity,
  DeleteBalance,
  DeleteEntity,
  Extend,
  FeatureUnits,
  Reserve,
  Track,
  UpdateBalance,
} from '../../command.ts'
import { boundary } from './calendar.contract.ts'
import { correct } from './modelCorrection.contract.ts'
import { settle } from './modelHolds.contract.ts'
import { begin, end, follow, join, mainPlanOf, selfEnabled } from './modelPlans.contract.ts'
import { count, type Found, find, use } from './modelSpending.contract.ts'
import {
  type HoldHeld,
  least,
  type ModelState,
  newModelState,
  ONE,
  type Part,
  refundable,
  sourcesOf,
  stillCounts,
  sum,
} from './modelState.contract.ts'
import { pass } from './modelTime.contract.ts'

/** What the model says of a command, as far as the rules say it. */
export type Verdict =
  | { readonly ok: false; readonly code: string; readonly short?: readonly string[] }
  | { readonly ok: true; readonly allowed?: boolean; readonly short?: readonly string[]; readonly paid?: readonly (readonly Paid[])[] }

/** What one source paid: of which feature or pool, and how much of it. */
export type Paid = readonly [poolId: string, amount: bigint]

/** A customer after a command, and what the command answered. A refused command leaves the customer as it was. */
export interface Step {
  readonly verdict: Verdict
  readonly state: ModelState
}

export function createdModel(catalog: Catalog, now: number): ModelState {
  const state = newModelState(now)
  for (const plan of selfEnabled(catalog)) {
    if (!plan.addOn && mainPlanOf(state, plan.group, null)) continue
    begin(catalog, state, { plan, at: now, entity: null, trial: plan.trial, quantities: new Map() })
  }
  return state
}

/** The customer at an instant of real time, with all that fell due. */
export function modelAt(catalog: Catalog, state: ModelState, now: number): ModelState {
  const present = structuredClone(state)
  present.now = now + present.clockOffset
  pass(catalog, present)
  return present
}

export function obey(catalog: Catalog, state: ModelState, now: number, command: Command): Step {
  const after = modelAt(catalog, state, now)
  const verdict = verdictOn(catalog, after, command)
  return { verdict, state: verdict.ok && command.kind !== 'check' ? after : state }
}

const DONE: Verdict = { ok: true }
const refused = (code: string): Verdict => ({ ok: false, code })

function verdictOn(catalog: Catalog, state: ModelState, command: Command): Verdict {
  switch (command.kind) {
    case 'check':
      return unknown(catalog, state, command.items, command.entityId) ?? check(catalog, state, command.items, command)
    case 'track':
      return unknown(catalog, state, command.items, command.entityId) ?? track(catalog, state, command)
    case 'reserve':
      return unknown(catalog, state, command.items, command.entityId) ?? reserve(catalog, state, command)
    case 'extend':
      return extend(catalog, state, command)
    case 'commit':
      return commit(catalog, state, command)
    case 'release':
      return release(catalog, state, command.holdId)
    case 'attach':
      return attach(catalog, state, command)
    case 'cancel':
      return cancel(catalog, state, command)
    case 'create_balance':
      return unknown(catalog, state, [{ featureId: command.featureId, units: 0n }], command.entityId) ?? grant(catalog, state, command)
    case 'update_balance':
      return unknown(catalog, state, [{ featureId: command.featureId, units: 0n }], command.entityId) ?? correctBalance(state, command)
    case 'delete_balance':
      return unknown(catalog, state, [{ featureId: command.featureId, units: 0n }], command.entityId) ?? take(state, command)
    case 'create_entity':
      return createEntity(catalog, state, command)
    case 'delete_entity':
      return deleteEntity(catalog, state, command)
    case 'update_customer':
      state.controls = command.fields.controls ?? state.controls
      return DONE
    case 'update_entity':
      for (const entity of state.entities) if (entity.id === command.entityId) entity.controls = command.controls ?? entity.controls
      return state.entities.some((entity) => entity.id === command.entityId) ? DONE : refused('entity_not_found')
    case 'refund':
      return refund(state)
    case 'move_clock':
      state.clockOffset = command.offsetMs
      return DONE
    case 'touch':
      return DONE
    default:
      throw new Error(`the model knows no '${command.kind}'`)
  }
}

function unknown(catalog: Catalog, state: ModelState, items: readonly FeatureUnits[], entity: string | null): Verdict | null {
  if (items.some((item) => !catalog.features.has(item.featureId))) return refused('feature_not_found')
  if (entity !== null && state.entities.every((each) => each.id !== entity)) return refused('entity_not_found')
  return null
}

type Call = Pick<Track, 'entityId' | 'properties'>

/** Finds every item in turn, each after the ones before it, and takes it from the state. */
function findAll(
  catalog: Catalog,
  state: ModelState,
  items: readonly FeatureUnits[],
  { entityId, properties }: Call,
  mode: Track['overage'],
): readonly (Found & FeatureUnits)[] {
  return items.map(({ featureId, units }) => {
    const wanted = { feature: featureId, units, entity: entityId, mode, properties }
    const found = find(catalog, state, wanted)
    use(found.parts)
    count(state, { ...wanted, units: units - found.unpaid }, found.parts, null)
    return { ...found, featureId, units }
  })
}

function isHeld(catalog: Catalog, state: ModelState, feature: string, entity: string | null): boolean {
  const isGranted = state.heaps.some(
    (heap) =>
      heap.flag && heap.feature === feature && (heap.entity === null || (entity === null ? heap.perEntity : heap.entity === entity)),
  )
  return isGranted || sourcesOf(catalog, state, feature, entity).length > 0
}

function check(catalog: Catalog, state: ModelState, items: readonly FeatureUnits[], call: Call): Verdict {
  const counted = items.filter((item) => catalog.features.get(item.featureId)?.type !== 'boolean')
  const found = findAll(catalog, state, counted, call, 'reject')
  const short = items
    .filter(({ featureId }) => {
      return !isHeld(catalog, state, featureId, call.entityId) || found.some((each) => each.featureId === featureId && each.unpaid > 0n)
    })
    .map((item) => item.featureId)
  return { ok: true, allowed: short.length === 0, short }
}

function track(catalog: Catalog, state: ModelState, command: Track): Verdict {
  const found = findAll(catalog, state, command.items, command, command.overage)
  const short = found.filter((each) => each.unpaid > 0n && catalog.features.get(each.featureId)?.type !== 'boolean')
  if (command.overage === 'reject' && short.length > 0) return { ok: false, code: 'short', short: short.map((each) => each.featureId) }
  const { entityId: entity, properties } = command
  state.tracked = found.map(({ featureId, parts }) => ({ feature: featureId, entity, properties, parts: joined(parts) }))
  return { ok: true, paid: state.tracked.map(({ parts }) => paidBy(parts)) }
}

/** Parts of one source as one. */
function joined(parts: readonly Part[]): readonly Part[] {
  const sources = new Set(parts.map((part) => part.carried ?? part.heap))
  return [...sources].flatMap((source) => {
    const own = parts.filter((part) => (part.carried ?? part.heap) === source)
    return own.slice(0, 1).map((part) => ({ ...part, amount: sum(own.map((each) => each.amount)) }))
  })
}

function paidBy(parts: readonly Part[]): readonly Paid[] {
  return joined(parts).map((part): Paid => [part.heap.feature, part.amount])
}

/** What was tracked last goes back to where it came from: no more than still counts as used there. */
function refund(state: ModelState): Verdict {
  const paid = state.tracked.map(({ feature, entity, properties, parts }) => {
    const back = parts.flatMap((part): readonly Part[] => {
      if (!stillCounts(state, part)) return []
      const amount = least(part.amount, part.carried ? part.carried.used : refundable(state, part.heap))
      return amount === 0n ? [] : [{ ...part, amount: -amount }]
    })
    use(back)
    const units = sum(back.map((part) => (part.amount * ONE) / part.cost))
    count(state, { feature, units, entity, properties }, back, null)
    return paidBy(back)
  })
  state.tracked = []
  return { ok: true, paid }
}

function correctBalance(state: ModelState, command: UpdateBalance): Verdict {
  return correct(state, command) ? DONE : refused('balance_not_found')
}

function reserve(catalog: Catalog, state: ModelState, command: Reserve): Verdict {
  const { holdId, items, overage, entityId, properties, expiresAt } = command
  if (items.some((item) => catalog.features.get(item.featureId)?.type === 'boolean')) return refused('feature_not_counted')
  if (state.holds.some((hold) => hold.id === holdId)) return refused('hold_exists')
  const { heldItems, short } = hold(catalog, state, items, command, overage)
  if (short.length > 0) return { ok: false, code: 'short', short }
  const endsAt = typeof expiresAt === 'number' ? expiresAt : state.now + expiresAt.afterMs
  state.holds.push({ id: holdId, entity: entityId, since: state.now, mode: overage, properties, endsAt, items: heldItems })
  return DONE
}

/** Sets units aside, item after item. What is set aside is not used: a later item cannot give it back. */
function hold(catalog: Catalog, state: ModelState, items: readonly FeatureUnits[], { entityId, properties }: Call, mode: Track['overage']) {
  const provisional: HoldHeld = { id: 'provisional', entity: entityId, since: state.now, mode, properties, endsAt: state.now, items: [] }
  state.holds.push(provisional)
  const short: string[] = []
  for (const { featureId, units } of items) {
    const wanted = { feature: featureId, units, entity: entityId, mode, properties }
    const found = find(catalog, state, wanted)
    count(state, { ...wanted, units: units - found.unpaid }, found.parts, null)
    const isShort = units > 0n && found.unpaid > 0n
    if (isShort && (mode === 'reject' || sourcesOf(catalog, state, featureId, entityId).length === 0)) short.push(featureId)
    provisional.items.push({ feature: featureId, units: units - found.unpaid, parts: found.parts })
  }
  state.holds = state.holds.filter((each) => each !== provisional)
  return { heldItems: provisional.items, short }
}

function extend(catalog: Catalog, state: ModelState, { holdId, items, expiresAt }: Extend): Verdict {
  const held = state.holds.find((each) => each.id === holdId)
  if (!held) return refused('hold_not_found')
  const call = { entityId: held.entity, properties: held.properties }
  const stranger = unknown(catalog, state, items, held.entity)
  if (stranger) return stranger
  const { heldItems, short } = hold(catalog, state, items, call, 'reject')
  if (short.length > 0) return { ok: false, code: 'short', short }
  for (const added of heldItems) {
    const item = held.items.find((each) => each.feature === added.feature)
    if (item) {
      item.units += added.units
      item.parts = [...item.parts, ...added.parts]
    } else held.items.push(added)
  }
  if (expiresAt !== null) held.endsAt = typeof expiresAt === 'number' ? expiresAt : state.now + expiresAt.afterMs
  return DONE
}

function commit(catalog: Catalog, state: ModelState, { holdId, units, overage }: Commit): Verdict {
  const held = state.holds.find((each) => each.id === holdId)
  if (!held) return refused('hold_not_found')
  const stranger = unknown(catalog, state, units, null)
  if (stranger) return stranger
  for (const { featureId } of units) {
    if (held.items.every((item) => item.feature !== featureId)) held.items.push({ feature: featureId, units: 0n, parts: [] })
  }
  const mode = overage ?? held.mode
  const wanted = (feature: string, was: bigint): bigint => units.find((each) => each.featureId === feature)?.units ?? was
  const { short } = settle(catalog, state, held, 'committed', wanted, mode)
  return mode === 'reject' && short.length > 0 ? { ok: false, code: 'short', short } : DONE
}

function release(catalog: Catalog, state: ModelState, holdId: string): Verdict {
  const held = state.holds.find((each) => each.id === holdId)
  if (!held) return refused('hold_not_found')
  settle(catalog, state, held, 'released', () => 0n, 'reject')
  return DONE
}

function attach(catalog: Catalog, state: ModelState, { planId, entityId, quantities, trial }: Attach): Verdict {
  const plan = catalog.plans.get(planId)
  if (!plan) return refused('plan_not_found')
  const stranger = unknown(catalog, state, [], entityId)
  if (stranger) return stranger
  if (!plan.addOn && mainPlanOf(state, plan.group, entityId)?.planId === planId) return refused('plan_already_attached')
  const own = state.trialsUsed.includes(planId) ? null : plan.trial
  const given = trial === 'once' ? own : trial === 'none' ? null : { ...trial, cardRequired: false }
  const bought = new Map(quantities.map((each) => [each.featureId, each.units]))
  begin(catalog, state, { plan, at: state.now, entity: entityId, trial: given, quantities: bought })
  return DONE
}

function cancel(catalog: Catalog, state: ModelState, { planId, entityId, when }: Cancel): Verdict {
  const plan = state.plans.filter((each) => each.planId === planId && each.entity === entityId).at(-1)
  if (!plan) return refused('plan_not_attached')
  if (when === 'uncancel') {
    plan.endsAt = plan.trialOnly ? plan.trialEndsAt : null
    return DONE
  }
  const paidUntil = plan.trialEndsAt ?? plan.periodEndsAt
  if (when === 'period_end' && paidUntil !== null) plan.endsAt = paidUntil
  else {
    end(state, plan)
    follow(catalog, state, plan, state.now)
  }
  return DONE
}

function grant(catalog: Catalog, state: ModelState, command: CreateBalance): Verdict {
  const { featureId, balanceId, entityId, included, unlimited, nextResetAt, expiresAt, rollover } = command
  const feature = catalog.features.get(featureId)
  const flag = feature?.type === 'boolean'
  if (state.heaps.some((heap) => heap.name === balanceId || (flag && heap.flag && heap.feature === featureId)))
    return refused('balance_exists')
  const interval = unlimited || feature?.consumable === false ? null : command.interval
  const anchor = nextResetAt ?? state.now
  state.heaps.push({
    ...{ name: balanceId, feature: featureId, plan: null, entity: entityId, perEntity: false, flag, unlimited, prepaid: 0n, interval },
    ...{
      overage: null,
      rollover,
      since: state.now,
      included,
      anchor,
      endsAt: expiresAt,
      turn: 0,
      granted: included,
      used: 0n,
      carried: [],
    },
    resetAt: interval && (nextResetAt ?? boundary(state.now, interval, 1)),
  })
  return DONE
}

function take(state: ModelState, { featureId, entityId, balanceId }: DeleteBalance): Verdict {
  const gone = state.heaps.filter((heap) => {
    return heap.feature === featureId && heap.entity === entityId && (balanceId === null || heap.name === balanceId)
  })
  if (gone.length === 0) return refused('balance_not_found')
  state.heaps = state.heaps.filter((heap) => !gone.includes(heap))
  return DONE
}

function createEntity(catalog: Catalog, state: ModelState, { entityId, featureId }: CreateEntity): Verdict {
  if (!catalog.features.has(featureId)) return refused('feature_not_found')
  if (state.entities.some((each) => each.id === entityId)) return refused('entity_exists')
  if (!occupy(catalog, state, featureId, ONE)) return { ok: false, code: 'short', short: [featureId] }
  const entity = { id: entityId, feature: featureId, controls: { overageAllowed: [], spendLimits: [], usageLimits: [], other: {} } }
  state.entities.push(entity)
  for (const plan of state.plans) for (const item of plan.perEntityItems) join(catalog, state, plan, item, entity, state.now)
  return DONE
}

function deleteEntity(catalog: Catalog, state: ModelState, { entityId }: DeleteEntity): Verdict {
  const entity = state.entities.find((each) => each.id === entityId)
  if (!entity) return refused('entity_not_found')
  for (const plan of state.plans) if (plan.entity === entityId) end(state, plan)
  state.heaps = state.heaps.filter((heap) => heap.entity !== entityId)
  state.entities = state.entities.filter((each) => each !== entity)
  occupy(catalog, state, entity.feature, -ONE)
  return DONE
}

/** Whether a seat could be taken, or was given back; a customer without seats needs none. */
function occupy(catalog: Catalog, state: ModelState, feature: string, units: bigint): boolean {
  if (catalog.features.get(feature)?.consumable !== false) return true
  const wanted = { feature, units, entity: null, mode: 'cap', properties: null } as const
  const { parts, unpaid } = find(catalog, state, wanted)
  if (unpaid > 0n) return sourcesOf(catalog, state, feature, null).length === 0
  use(parts)
  count(state, { ...wanted, units: units - unpaid }, parts, null)
  return true
}
