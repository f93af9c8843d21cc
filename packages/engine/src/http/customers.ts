import { z } from 'zod'
import type { Touch, UpdateCustomer } from '../core/command.ts'
import type { CustomerState } from '../core/customer.ts'
import { customerNotFound, notOffered, planNotFound, refusalError } from './apiError.ts'
import { V2_3 } from './apiVersion.ts'
import { type Call, nowOf, run, viewOf } from './call.ts'
import { controlsInput, controlsOf, controlsWith } from './controls.ts'
import { collectPage, parsePlace, renderPlace } from './cursor.ts'
import { customerData, instant, customerId as newId, page, reference, text } from './fields.ts'
import { parseInput } from './input.ts'
import { ok, type Reply } from './reply.ts'
import { renderCustomer } from './wire/customer.ts'

const data = customerData.extend({ billing_controls: controlsInput.nullish(), auto_enable_plan_id: reference.optional() })
const createInput = data.extend({ customer_id: newId })
const olderCreateInput = data.extend({ id: newId })
const updateInput = data.extend({ customer_id: reference, new_customer_id: reference.optional() })
const namedInput = z.object({ customer_id: reference })
const listInput = z.object({
  ...page,
  offset: z.number().int().min(0).max(1_000_000).default(0),
  search: text.optional(),
  sort_order: z.enum(['asc', 'desc']).default('desc'),
  plans: z
    .array(z.object({ id: reference, versions: z.array(z.number()).max(100).optional() }))
    .max(100)
    .optional(),
  subscription_status: z.enum(['active', 'scheduled']).optional(),
  created_at_range: z.object({ start: instant.optional(), end: instant.optional() }).optional(),
})

type CustomerInput = z.output<typeof data>

/** `customers.get_or_create`. An existing customer only has its empty name and email filled in. */
export function getOrCreateCustomer(call: Call): Promise<Reply> {
  const { customer_id, ...given } = parseInput(createInput, call.body)
  return admitCustomer(call, customer_id, given)
}

/** The 1.x form of the same. */
export function createCustomer(call: Call): Promise<Reply> {
  const { id, ...given } = parseInput(olderCreateInput, call.body)
  return admitCustomer(call, id, given)
}

export async function getCustomer(call: Call): Promise<Reply> {
  const id = call.param('customer_id') ?? parseInput(namedInput, call.body).customer_id
  const customer = await call.engine.customer(id)
  if (customer === null) throw customerNotFound(id)
  return customerReply(call, customer)
}

export async function updateCustomer(call: Call): Promise<Reply> {
  const inPath = call.param('customer_id')
  const { customer_id, new_customer_id, billing_controls, ...given } = parseInput(
    updateInput,
    inPath === undefined ? call.body : { ...objectOf(call.body), customer_id: inPath },
  )
  if (new_customer_id !== undefined && new_customer_id !== customer_id) {
    throw notOffered("new_customer_id: a customer's id cannot change, because its ledger is kept under it")
  }
  const before = await call.engine.customer(customer_id)
  if (before === null) throw customerNotFound(customer_id)
  const command: UpdateCustomer = {
    kind: 'update_customer',
    fields: {
      ...(given.name === undefined ? {} : { name: given.name }),
      ...(given.email === undefined ? {} : { email: given.email }),
      ...(given.fingerprint === undefined ? {} : { fingerprint: given.fingerprint }),
      ...(given.metadata === undefined ? {} : { metadata: given.metadata ?? {} }),
      ...(given.send_email_receipts === undefined ? {} : { sendEmailReceipts: given.send_email_receipts }),
      ...(billing_controls ? { controls: controlsWith(before.controls, billing_controls) } : {}),
    },
  }
  return run(call, { customerId: customer_id, command, reply: ({ customer }) => customerReply(call, customer) })
}

/** `customers.delete`. What the customer used stays in the ledger. */
export function deleteCustomer(call: Call): Promise<Reply> {
  const customerId = call.param('customer_id') ?? parseInput(namedInput, call.body).customer_id
  return run(call, { customerId, command: { kind: 'delete_customer' }, reply: () => ok({ success: true }) })
}

/** `customers.list`, the newest first. Up to 2.2 pages are counted from the start, since then they follow a cursor. */
export async function listCustomers(call: Call): Promise<Reply> {
  const body = parseInput(listInput, { ...numbersIn(call), ...objectOf(call.body) })
  const { limit, search, sort_order } = body
  const read = (cursor: string | null, count: number) =>
    call.engine.customers({
      limit: count,
      order: sort_order === 'asc' ? 'oldest' : 'newest',
      ...(cursor === null ? {} : { cursor }),
      ...(search ? { search } : {}),
    })
  const wanted = (customer: CustomerState): readonly CustomerState[] => (isWanted(customer, body) ? [customer] : [])
  if (call.version >= V2_3) {
    const { items, next } = await collectPage(parsePlace(body.start_cursor), limit, read, wanted)
    return ok({ list: items.map((each) => customerBody(call, each)), next_cursor: next && renderPlace(next) })
  }
  const { items, next } = await collectPage({ cursor: null, skip: 0 }, body.offset + limit, read, wanted)
  const list = items.slice(body.offset).map((each) => customerBody(call, each))
  return ok({ list, has_more: next !== null, offset: body.offset, limit, total: list.length })
}

async function admitCustomer(call: Call, id: string, given: CustomerInput): Promise<Reply> {
  const before = await call.engine.customer(id)
  const reply = ({ customer }: { readonly customer: CustomerState }): Reply => customerReply(call, customer)
  if (before !== null) return run(call, { customerId: id, command: withFields(missingFields(before, given)), reply })
  const { auto_enable_plan_id: planId } = given
  if (planId !== undefined && !call.engine.catalog.plans.has(planId)) throw planNotFound(planId)
  const create = {
    name: given.name,
    email: given.email,
    fingerprint: given.fingerprint,
    metadata: given.metadata ?? undefined,
    sendEmailReceipts: given.send_email_receipts,
  }
  const fields = given.billing_controls ? { controls: controlsOf(given.billing_controls) } : {}
  const created = await run(call, { customerId: id, create, command: withFields(fields), reply })
  if (planId === undefined) return created
  const attached = await call.engine.execute(id, { kind: 'attach', planId, entityId: null, quantities: [], trial: 'once' })
  if (!attached.ok && attached.code !== 'plan_already_attached') throw refusalError(attached, call.version)
  return attached.ok ? reply(attached) : created
}

/** Nothing to change is no entry in the ledger. */
function withFields(fields: UpdateCustomer['fields']): UpdateCustomer | Touch {
  return Object.keys(fields).length === 0 ? { kind: 'touch' } : { kind: 'update_customer', fields }
}

function missingFields(before: CustomerState, given: CustomerInput): UpdateCustomer['fields'] {
  return {
    ...(!before.name && given.name ? { name: given.name } : {}),
    ...(!before.email && given.email ? { email: given.email } : {}),
    ...(given.send_email_receipts === undefined || given.send_email_receipts === before.sendEmailReceipts
      ? {}
      : { sendEmailReceipts: given.send_email_receipts }),
  }
}

function customerReply(call: Call, customer: CustomerState): Reply {
  return ok(customerBody(call, customer))
}

function customerBody(call: Call, customer: CustomerState): object {
  return renderCustomer(viewOf(call, customer, null), call.version, nowOf(call, customer))
}

function isWanted(customer: CustomerState, { plans, created_at_range, subscription_status }: z.output<typeof listInput>): boolean {
  const { start = 0, end = Number.POSITIVE_INFINITY } = created_at_range ?? {}
  if (customer.createdAt < start || customer.createdAt > end) return false
  // A plan is attached at once here: none is ever scheduled.
  if (subscription_status === 'scheduled') return false
  return (
    plans === undefined ||
    plans.some(({ id, versions }) =>
      customer.subscriptions.some((each) => each.planId === id && (versions?.includes(each.planVersion) ?? true)),
    )
  )
}

function objectOf(body: unknown): object {
  return typeof body === 'object' && body !== null ? body : {}
}

/** The numbers of a list that stand in the query of a GET. */
function numbersIn(call: Call): object {
  const named = ['limit', 'offset'].flatMap((name) => {
    const value = call.query(name)
    return value === undefined ? [] : [[name, Number(value)] as const]
  })
  return Object.fromEntries(named)
}
