import { z } from 'zod'
import type { CustomerState, Entity } from '../core/customer.ts'
import { customerNotFound, entityNotFound } from './apiError.ts'
import { V2_1 } from './apiVersion.ts'
import { seedFrom } from './arrival.ts'
import { type Call, nowOf, run, viewOf } from './call.ts'
import { controlsInput, controlsWith } from './controls.ts'
import { collectPage, parsePlace, renderPlace } from './cursor.ts'
import { customerData, page, reference, text } from './fields.ts'
import { parseInput } from './input.ts'
import { ok, type Reply } from './reply.ts'
import { renderEntity } from './wire/customer.ts'

const name = text.nullish()
const newEntityId = reference.min(1, "can't be an empty string")
const createInput = z.object({
  customer_id: reference,
  entity_id: newEntityId,
  name,
  feature_id: reference,
  billing_controls: controlsInput.nullish(),
  customer_data: customerData.nullish(),
})
const olderCreateInput = z.object({ id: newEntityId, name, feature_id: reference, customer_data: customerData.nullish() })
const namedInput = z.object({ customer_id: reference, entity_id: reference })
const updateInput = namedInput.extend({ name: text.nullable().optional(), billing_controls: controlsInput.nullish() })
const listInput = z.object({ ...page, customer_id: reference.optional(), search: text.optional() })

/** `entities.create`. With `customer_data` the customer is created too when there is none. */
export async function createEntity(call: Call): Promise<Reply> {
  const { customer_id, entity_id, billing_controls, ...given } = parseInput(createInput, call.body)
  const created = await create(call, customer_id, { id: entity_id, ...given })
  if (!billing_controls) return created
  return applyUpdate(call, customer_id, { entity_id, billing_controls })
}

/** The 1.x form, which takes a list as well. */
export async function createEntities(call: Call): Promise<Reply> {
  const customerId = reference.parse(call.param('customer_id'))
  if (!Array.isArray(call.body)) return create(call, customerId, parseInput(olderCreateInput, call.body))
  const list: unknown[] = []
  for (const each of parseInput(z.array(olderCreateInput).min(1).max(1_000), call.body))
    list.push((await create(call, customerId, each)).body)
  return ok({ success: true, list })
}

export async function getEntity(call: Call): Promise<Reply> {
  const { customer_id, entity_id } = named(call)
  const customer = await call.engine.customer(customer_id)
  if (customer === null) throw customerNotFound(customer_id)
  return ok(entityBody(call, customer, entityOf(customer, entity_id)))
}

export function updateEntity(call: Call): Promise<Reply> {
  const { customer_id, ...given } = parseInput(updateInput, call.body)
  return applyUpdate(call, customer_id, given)
}

export function deleteEntity(call: Call): Promise<Reply> {
  const { customer_id, entity_id } = named(call)
  return run(call, { customerId: customer_id, command: { kind: 'delete_entity', entityId: entity_id }, reply: () => ok({ success: true }) })
}

/** `entities.list`: of one customer, or of all. */
export async function listEntities(call: Call): Promise<Reply> {
  const { start_cursor, limit, customer_id, search } = parseInput(listInput, call.body)
  const read = async (cursor: string | null, count: number) => {
    if (customer_id === undefined) return call.engine.customers({ limit: count, ...(cursor === null ? {} : { cursor }) })
    const customer = await call.engine.customer(customer_id)
    if (customer === null) throw customerNotFound(customer_id)
    return { items: [customer], nextCursor: null }
  }
  const isWanted = (entity: Entity): boolean => !search || entity.id.includes(search) || (entity.name?.includes(search) ?? false)
  const { items, next } = await collectPage(parsePlace(start_cursor), limit, read, (customer) =>
    customer.entities.filter(isWanted).map((entity) => ({ customer, entity })),
  )
  const list = items.map(({ customer, entity }) => entityBody(call, customer, entity))
  return ok({ list, next_cursor: next && renderPlace(next) })
}

function create(call: Call, customerId: string, given: z.output<typeof olderCreateInput>): Promise<Reply> {
  const { id, feature_id, customer_data } = given
  const command = { kind: 'create_entity', entityId: id, name: given.name ?? null, featureId: feature_id } as const
  const isWelcome = call.version < V2_1 || customer_data != null
  return run(call, {
    customerId,
    create: isWelcome ? seedFrom(customer_data) : undefined,
    command,
    reply: ({ customer, entity }) => ok(entityBody(call, customer, entity)),
  })
}

async function applyUpdate(call: Call, customerId: string, given: Omit<z.output<typeof updateInput>, 'customer_id'>): Promise<Reply> {
  const { entity_id, name: newName, billing_controls } = given
  const customer = await call.engine.customer(customerId)
  if (customer === null) throw customerNotFound(customerId)
  const before = entityOf(customer, entity_id)
  const command = {
    kind: 'update_entity',
    entityId: entity_id,
    ...(newName === undefined ? {} : { name: newName }),
    ...(billing_controls ? { controls: controlsWith(before.controls, billing_controls) } : {}),
  } as const
  return run(call, { customerId, command, reply: (answer) => ok(entityBody(call, answer.customer, answer.entity)) })
}

function named(call: Call): z.output<typeof namedInput> {
  const [customer_id, entity_id] = [call.param('customer_id'), call.param('entity_id')]
  return customer_id !== undefined && entity_id !== undefined ? { customer_id, entity_id } : parseInput(namedInput, call.body)
}

function entityOf(customer: CustomerState, id: string): Entity {
  const entity = customer.entities.find((each) => each.id === id)
  if (!entity) throw entityNotFound(id)
  return entity
}

function entityBody(call: Call, customer: CustomerState, entity: Entity): object {
  return renderEntity(viewOf(call, customer, entity.id), entity, call.version, nowOf(call, customer))
}
