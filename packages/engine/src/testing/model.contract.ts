import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Answers, Refusal } from '../core/command.ts'
import { faultOf } from '../core/conservation.ts'
import type { CustomerState } from '../core/customer.ts'
import type { Use } from '../core/entry.ts'
import { remainingOf } from '../core/grant.ts'
import type { Payment } from '../core/hold.ts'
import { InvalidCommandError } from '../core/invalidCommand.ts'
import { CUSTOMERS, commandAt, type ModelCommand, type ModelStep, modelCatalog, stories } from '../core/testing/commands.contract.ts'
import { createdModel, modelAt, obey, type Verdict } from '../core/testing/model/modelCustomer.contract.ts'
import { heldOf, leftOf, leftOfCarried, type ModelState } from '../core/testing/model/modelState.contract.ts'
import { createEngine, type Engine } from '../engine.ts'
import type { Store } from '../store/store.ts'
import { verify } from '../verify.ts'

/** 31 January of a leap year: months end at different days from here on. */
const START = Date.parse('2028-01-31T22:15:00.000Z')

export interface ModelRun {
  readonly store: Store
  /** How many stories are told, and how long they are on average. */
  readonly stories: number
  readonly steps: number
}

/**
 * Tells random stories to an engine on a store and to a naive model of the rules, and compares after every step: what was answered, and every
 * counter of every grant. Afterwards the whole ledger is re-derived from its entries.
 *
 * @returns how many commands were compared. A failure is shrunk, and names the seed that reproduces it.
 */
export async function followTheModel({ store, stories: numRuns, steps }: ModelRun): Promise<number> {
  let told = 0
  let compared = 0
  let now = START
  assert(await store.saveCatalog(modelCatalog, 0))
  const engine = createEngine({ store, catalog: modelCatalog, clock: () => now })
  const property = fc.asyncProperty(stories(1, 2 * steps), async (story) => {
    now = START
    compared += await tell(
      engine,
      `story${told++}`,
      story,
      () => now,
      (ms) => {
        now += ms
      },
    )
  })
  await fc.assert(property, { numRuns, ...seedOf(process.env['TOLLGATE_SEED']) })
  assert.deepEqual((await verify(store)).faults, [])
  return compared
}

function seedOf(text: string | undefined): { readonly seed?: number } {
  return text === undefined ? {} : { seed: Number(text) }
}

async function tell(
  engine: Engine,
  name: string,
  story: readonly ModelStep[],
  now: () => number,
  pass: (ms: number) => void,
): Promise<number> {
  const idOf = (customer: number): string => `${name}:${customer}`
  const models: ModelState[] = []
  for (let customer = 0; customer < CUSTOMERS; customer++) {
    await engine.execute(idOf(customer), { kind: 'touch' }, { create: true })
    models.push(createdModel(modelCatalog, now()))
  }
  const tracked = new Map<number, readonly Use[]>()
  let compared = 0
  for (const [index, step] of story.entries()) {
    if (step.kind === 'pass') {
      pass(step.ms)
      continue
    }
    const { customer } = step
    const before = models[customer]
    assert(before)
    const command = commandAt(step.command, now() + before.clockOffset)
    const answer = await answerOf(
      engine,
      idOf(customer),
      command.kind === 'refund' ? { ...command, uses: tracked.get(customer) ?? [] } : command,
    )
    if (answer !== 'invalid' && answer.ok && 'uses' in answer) tracked.set(customer, command.kind === 'track' ? answer.uses : [])
    // A hold takes units or gives them back: to ask for both is the caller's mistake, and changes nothing.
    if (answer === 'invalid') continue
    const { verdict, state } = obey(modelCatalog, before, now(), command)
    models[customer] = state
    const where = `step ${index}, ${command.kind} by customer ${customer}`
    assert.deepEqual(said(answer), { ...verdict }, where)
    const stored = await engine.customer(idOf(customer))
    assert(stored)
    assert.equal(faultOf(stored), null, where)
    assert.deepEqual(countersOf(stored), countersOfModel(modelAt(modelCatalog, state, now())), where)
    compared += 1
  }
  return compared
}

async function answerOf(engine: Engine, customerId: string, command: ModelCommand): Promise<Answers[keyof Answers] | Refusal | 'invalid'> {
  try {
    return command.kind === 'check' ? await engine.check(customerId, command) : await engine.execute(customerId, command)
  } catch (error) {
    if (error instanceof InvalidCommandError && command.kind === 'extend') return 'invalid'
    throw error
  }
}

/** An answer in the words of the model. */
function said(answer: Answers[keyof Answers] | Refusal): Verdict {
  if (!answer.ok) {
    return answer.code === 'short'
      ? { ok: false, code: 'short', short: answer.shortages.map((each) => each.featureId) }
      : { ok: false, code: answer.code }
  }
  if ('allowed' in answer) return { ok: true, allowed: answer.allowed, short: answer.shortages.map((each) => each.featureId) }
  if ('uses' in answer) return { ok: true, paid: answer.uses.map((use) => paidBy(use.payments)) }
  return { ok: true }
}

function paidBy(payments: readonly Payment[]): readonly (readonly [string, bigint])[] {
  const paid = new Map<string, readonly [string, bigint]>()
  for (const { grantId, rolloverId, poolId, amount } of payments) {
    const source = `${grantId}/${rolloverId}`
    paid.set(source, [poolId, (paid.get(source)?.[1] ?? 0n) + amount])
  }
  return [...paid.values()]
}

/** Every counter, told without ids: of each grant its feature and owner, then granted, used, held, left, and what it carries over. */
function countersOf({ grants, holds }: CustomerState): readonly string[] {
  const lines = grants.map((grant) => {
    const carried = grant.rollovers.map((each) => `${each.granted}-${each.used}=${remainingOf(each)}`)
    const { featureId, entityId, planId, granted, used, held, nextResetAt } = grant
    return lineOf([featureId, entityId, planId, granted, used, held, remainingOf(grant), nextResetAt, ...carried.sort()])
  })
  return [...lines.sort(), ...holds.map((hold) => `hold ${hold.id} until ${hold.expiresAt}`)]
}

function countersOfModel(state: ModelState): readonly string[] {
  const lines = state.heaps.map((heap) => {
    const carried = heap.carried.map((each) => `${each.granted}-${each.used}=${leftOfCarried(state, heap, each)}`)
    const held = heldOf(state, heap)
    return lineOf([
      heap.feature,
      heap.entity,
      heap.plan?.planId ?? null,
      heap.granted,
      heap.used,
      held,
      leftOf(state, heap),
      heap.resetAt,
      ...carried.sort(),
    ])
  })
  return [...lines.sort(), ...state.holds.map((hold) => `hold ${hold.id} until ${hold.endsAt}`)]
}

function lineOf(values: readonly (string | number | bigint | null)[]): string {
  return values.map(String).join(' ')
}
