import { formatAmount, parseAmount } from './amount.ts'
import { textOfCall } from './callText.ts'
import type { Catalog, CatalogFeature, CatalogPlan } from './catalog.ts'
import { createCatalog } from './catalog.ts'
import type { CustomerState } from './customer.ts'
import type { Change, Entry } from './entry.ts'

/** Where amounts stand in a record: they are written as decimal text, since JSON has no exact numbers. */
interface Shape {
  readonly [field: string]: 'amount' | Shape | readonly [Shape]
}

const ROLLOVER: Shape = { granted: 'amount', used: 'amount', held: 'amount' }
const ROLLOVER_RULE: Shape = { max: 'amount' }
const GRANT: Shape = {
  included: 'amount',
  prepaid: 'amount',
  granted: 'amount',
  used: 'amount',
  held: 'amount',
  overage: { max: 'amount' },
  rollover: ROLLOVER_RULE,
  rollovers: [ROLLOVER],
}
const PAYMENT: Shape = { amount: 'amount', cost: 'amount' }
const HOLD_ITEM: Shape = { units: 'amount', payments: [PAYMENT] }
const HOLD: Shape = { items: [HOLD_ITEM] }
const USE: Shape = { units: 'amount', payments: [PAYMENT] }
const SETTLED_ITEM: Shape = { held: 'amount', units: 'amount', kept: [PAYMENT], returned: [PAYMENT], extra: [PAYMENT] }
const CONTROLS: Shape = { spendLimits: [{ overageLimit: 'amount' }], usageLimits: [{ limit: 'amount' }] }
const WINDOW: Shape = { used: 'amount' }
const PLAN_ITEM: Shape = { included: 'amount', rollover: ROLLOVER_RULE, overage: { max: 'amount' }, prepaid: { billingUnits: 'amount' } }
const SUBSCRIPTION: Shape = { perEntityItems: [PLAN_ITEM], controls: CONTROLS }
const ENTITY: Shape = { controls: CONTROLS }
const CUSTOMER: Shape = {
  subscriptions: [SUBSCRIPTION],
  entities: [ENTITY],
  grants: [GRANT],
  holds: [HOLD],
  controls: CONTROLS,
  windows: [WINDOW],
}
const FEATURE: Shape = { costs: [{ cost: 'amount' }] }
const PLAN: Shape = { items: [PLAN_ITEM], controls: CONTROLS }

const CHANGES: { readonly [Kind in Change['kind']]: Shape } = {
  customer_created: { customer: { controls: CONTROLS } },
  customer_updated: { fields: { controls: CONTROLS } },
  customer_deleted: {},
  clock_moved: {},
  entity_created: { entity: ENTITY },
  entity_updated: { entity: ENTITY },
  entity_deleted: {},
  plan_started: { subscription: SUBSCRIPTION },
  plan_changed: { subscription: SUBSCRIPTION },
  plan_ended: {},
  granted: { grant: GRANT },
  reset: { granted: 'amount', expired: 'amount', rollovers: [ROLLOVER] },
  rollover_expired: { expired: 'amount' },
  closed: { expired: 'amount' },
  adjusted: { grant: GRANT },
  used: { use: USE },
  held: { hold: HOLD },
  hold_extended: { items: [HOLD_ITEM] },
  settled: { settlement: { items: [SETTLED_ITEM] } },
  refunded: { use: USE },
  window_counted: { window: WINDOW },
}

/** Writes an entry's changes as JSON text. */
export function encodeChanges(changes: readonly Change[]): string {
  let text = '['
  for (const change of changes) text += `${text === '[' ? '' : ','}${textOfCall(change) ?? textOfChange(change)}`
  return `${text}]`
}

/** Writes one change as JSON text, whatever its kind. */
export function textOfChange(change: Change): string {
  return JSON.stringify(written(change, CHANGES[change.kind]))
}

/** Reads what `encodeChanges` wrote. */
export function decodeChanges(text: string): Entry['changes'] {
  // The ledger is ours alone to write: its text has the shape of `Change` because `encodeChanges` made it.
  const changes = JSON.parse(text) as readonly Change[]
  return changes.map((change) => read(change, CHANGES[change.kind]))
}

/** Writes a customer as JSON text. */
export function encodeCustomer(state: CustomerState): string {
  return JSON.stringify(written({ ...state, dueAt: Number.isFinite(state.dueAt) ? state.dueAt : null }, CUSTOMER))
}

/** Reads what `encodeCustomer` wrote. */
export function decodeCustomer(text: string): CustomerState {
  const state = read(JSON.parse(text) as CustomerState, CUSTOMER)
  return { ...state, dueAt: state.dueAt ?? Number.POSITIVE_INFINITY }
}

/** Writes a catalog as JSON text. */
export function encodeCatalog(catalog: Catalog): string {
  const features = [...catalog.features.values()].map((feature) => written(feature, FEATURE))
  const plans = [...catalog.plans.values()].map((plan) => written(plan, PLAN))
  return JSON.stringify({ version: catalog.version, features, plans })
}

/** Reads what `encodeCatalog` wrote. */
export function decodeCatalog(text: string): Catalog {
  const { version, features, plans } = JSON.parse(text) as {
    version: number
    features: readonly CatalogFeature[]
    plans: readonly CatalogPlan[]
  }
  return createCatalog(
    version,
    features.map((feature) => read(feature, FEATURE)),
    plans.map((plan) => read(plan, PLAN)),
  )
}

function written(value: object, shape: Shape): object {
  return mapped(value, shape, (amount) => (typeof amount === 'bigint' ? formatAmount(amount) : amount))
}

function read<T extends object>(value: T, shape: Shape): T {
  // Reading restores the very fields that writing turned into text, so the result has the type that was written.
  return mapped(value, shape, (text) => (typeof text === 'string' ? parseAmount(text) : text)) as T
}

/** A copy with its amounts converted, of what holds any; the rest is not copied. */
function mapped(value: object, shape: Shape, convert: (amount: unknown) => unknown): object {
  let result: Record<string, unknown> | null = null
  for (const field in shape) {
    const part = shape[field]
    const inner: unknown = Reflect.get(value, field)
    if (inner === null || inner === undefined || part === undefined) continue
    const after = convertedPart(inner, part, convert)
    if (after === inner) continue
    result ??= { ...value }
    result[field] = after
  }
  return result ?? value
}

function convertedPart(inner: unknown, part: 'amount' | Shape | readonly [Shape], convert: (amount: unknown) => unknown): unknown {
  if (part === 'amount') return convert(inner)
  if (!isList(part)) return mapped(inner as object, part, convert)
  const list = inner as readonly object[]
  return list.length === 0 ? list : list.map((each) => mapped(each, part[0], convert))
}

function isList(part: Shape | readonly [Shape]): part is readonly [Shape] {
  return Array.isArray(part)
}
