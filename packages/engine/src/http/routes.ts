import { advanceClock } from './admin.ts'
import { aggregateEvents } from './aggregate.ts'
import { createBalance, deleteBalance, setUsage, updateBalance } from './balances.ts'
import { attach, attachProducts, cancelProduct, previewAttach, updateSubscription } from './billing.ts'
import type { Handler } from './call.ts'
import { check } from './check.ts'
import { createCustomer, deleteCustomer, getCustomer, getOrCreateCustomer, listCustomers, updateCustomer } from './customers.ts'
import { createEntities, createEntity, deleteEntity, getEntity, listEntities, updateEntity } from './entities.ts'
import { listEvents } from './events.ts'
import { createFeature, deleteFeature, getFeature, listFeatures, updateFeature } from './features.ts'
import { finalize } from './lock.ts'
import { createPlan, deletePlan, getPlan, listPlans, updatePlan } from './plans.ts'
import { batchTrack, track } from './track.ts'

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly handler: Handler
  /** Whether a publishable key is enough. */
  readonly open: boolean
}

/** Every route, the newest first; `admin` adds those that move clocks. */
export function routes({ admin }: { readonly admin: boolean }): readonly Route[] {
  return [...rpc, ...older, ...(admin ? forAdmins : [])]
}

const rpc: readonly Route[] = [
  post('balances.check', check),
  post('balances.track', track),
  post('balances.batch_track', batchTrack),
  post('balances.finalize', finalize),
  post('balances.create', createBalance),
  post('balances.update', updateBalance),
  post('balances.delete', deleteBalance),
  post('customers.get_or_create', getOrCreateCustomer),
  post('customers.get', getCustomer),
  post('customers.list', listCustomers),
  post('customers.update', updateCustomer),
  post('customers.delete', deleteCustomer),
  post('entities.create', createEntity),
  post('entities.get', getEntity),
  post('entities.list', listEntities),
  post('entities.update', updateEntity),
  post('entities.delete', deleteEntity),
  post('features.create', createFeature),
  post('features.get', getFeature),
  post('features.list', listFeatures),
  post('features.update', updateFeature),
  post('features.delete', deleteFeature),
  post('plans.create', createPlan),
  post('plans.get', getPlan),
  post('plans.list', listPlans),
  post('plans.update', updatePlan),
  post('plans.delete', deletePlan),
  post('billing.attach', attach),
  post('billing.preview_attach', previewAttach),
  post('billing.update', updateSubscription),
  post('events.list', listEvents),
  post('events.aggregate', aggregateEvents),
]

/** The paths of 1.x. Like those above they answer in whatever version the request asks for. */
const older: readonly Route[] = [
  open('POST', 'check', check),
  open('POST', 'entitled', check),
  post('track', track),
  post('events', track),
  post('usage', setUsage),
  post('attach', attachProducts),
  post('cancel', cancelProduct),
  post('customers', createCustomer),
  get('customers', listCustomers),
  post('customers/list', listCustomers),
  open('GET', 'customers/:customer_id', getCustomer),
  post('customers/:customer_id', updateCustomer),
  { method: 'DELETE', path: '/v1/customers/:customer_id', handler: deleteCustomer, open: false },
  post('customers/:customer_id/entities', createEntities),
  get('customers/:customer_id/entities/:entity_id', getEntity),
  { method: 'DELETE', path: '/v1/customers/:customer_id/entities/:entity_id', handler: deleteEntity, open: false },
  post('balances/create', createBalance),
  post('balances/update', updateBalance),
  open('GET', 'products', listPlans),
  get('plans', listPlans),
  get('plans/:plan_id', getPlan),
  get('products/:plan_id', getPlan),
  post('features', createFeature),
  get('features', listFeatures),
  get('features/:feature_id', getFeature),
  post('events/list', listEvents),
  post('events/aggregate', aggregateEvents),
]

const forAdmins: readonly Route[] = [post('customers.advance_test_clock', advanceClock)]

function post(name: string, handler: Handler): Route {
  return { method: 'POST', path: `/v1/${name}`, handler, open: false }
}

function get(name: string, handler: Handler): Route {
  return { method: 'GET', path: `/v1/${name}`, handler, open: false }
}

function open(method: Route['method'], name: string, handler: Handler): Route {
  return { method, path: `/v1/${name}`, handler, open: true }
}
