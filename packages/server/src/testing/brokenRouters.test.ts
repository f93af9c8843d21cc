import { describe, expect, it } from 'vitest'
import type { RecordRequest } from '../backends/backend.ts'
import { unreadDenial } from '../backends/unreadDenial.ts'
import { endsWithin } from '../clock.ts'
import { denialError } from '../denialError.ts'
import { requestOf } from '../request.ts'
import type { Faults } from './faults.ts'
import { simulate } from './simulate.ts'
import { features, firstFault, noFaults, openSimulated } from './simulatedApp.fixture.ts'

type Opened = ReturnType<typeof openSimulated>

/** A call of a procedure that meters itself. */
interface Call<TResult> {
  readonly opened: Opened
  readonly customerId: string
  readonly operationId: string | null
  readonly signal: AbortSignal | undefined
  /** Records a message as used, under an id of its own or a given one. */
  track(id?: string): Promise<unknown>
  next(): Promise<TResult>
}

type Meter = <TResult extends { readonly ok: boolean }>(call: Call<TResult>) => Promise<TResult>

const units = [{ featureId: 'messages', units: 1 }]

/** A router whose procedure costs a message, and is metered by hand. */
function routerOf(opened: Opened, meter: () => Meter) {
  const { t, world } = opened
  const metered = meter()
  let uses = 0
  const procedure = t.procedure.use(({ ctx, signal, next }) => {
    const caller = { customerId: ctx.user.orgId, entityId: null }
    const track = (id = `by-hand-${uses++}`): Promise<unknown> => {
      const request: RecordRequest = {
        caller,
        items: units,
        operation: { id, fingerprint: '' },
        overage: 'overflow',
        procedure: 'send',
        answer: null,
      }
      return world.backend.record(request)
    }
    const operationId = requestOf(ctx)?.operationIds[0] ?? null
    return metered({ opened, customerId: caller.customerId, operationId, signal, track, next: () => next() })
  })
  return t.router({ send: procedure.mutation(() => 'sent') })
}

/** Each is wrong in its own way, and one fault alone brings that to light. */
const broken: readonly (readonly [how: string, reveals: keyof Faults, meter: () => Meter])[] = [
  [
    'tracks before the resolver',
    'throws',
    () => async (call) => {
      await call.track()
      return call.next()
    },
  ],
  [
    'tracks afterwards, without waiting for an answer',
    'lostRequests',
    () => async (call) => {
      const result = await call.next()
      if (result.ok) call.track().catch(() => {})
      return result
    },
  ],
  [
    'tracks again, as another use, when it hears nothing',
    'lostAnswers',
    () => async (call) => {
      const result = await call.next()
      const track = (): Promise<unknown> => call.track().catch(track)
      if (result.ok) await track()
      return result
    },
  ],
  [
    'tries three times to track, and forgets it then',
    'kills',
    () => {
      let calls = 0
      return async (call) => {
        const result = await call.next()
        const id = `three-times-${calls++}`
        for (let tries = 0, done = !result.ok; tries < 3 && !done; tries++) {
          done = await call.track(id).then(
            () => true,
            () => false,
          )
        }
        return result
      }
    },
  ],
  [
    'fails the call when tracking takes too long',
    'slow',
    () => async (call) => {
      const result = await call.next()
      if (result.ok && !(await endsWithin(call.opened.world.clock, call.track(), 200))) throw new Error('too slow')
      return result
    },
  ],
  [
    'charges nobody who has left',
    'aborts',
    () => async (call) => {
      const result = await call.next()
      if (result.ok && !call.signal?.aborted) await call.track()
      return result
    },
  ],
  [
    'knows a repeat once the first has ended',
    'duplicates',
    () => {
      const ended = new Map<string, unknown>()
      return async <TResult extends { readonly ok: boolean }>(call: Call<TResult>) => {
        const { operationId } = call
        // What was kept under an id is what the same procedure answered.
        if (operationId !== null && ended.has(operationId)) return ended.get(operationId) as TResult
        const result = await call.next()
        if (result.ok) await call.track()
        if (operationId !== null) ended.set(operationId, result)
        return result
      }
    },
  ],
  [
    'does its work again for a repeat',
    'retries',
    () => async (call) => {
      const result = await call.next()
      if (result.ok) await call.track()
      return result
    },
  ],
]

describe.each(broken)('a router that %s', (_how, reveals, meter) => {
  // No more calls than there is balance for.
  const few = { calls: 6, costs: { send: units } }

  it(`is caught by ${reveals} alone, and its seed finds that again`, async () => {
    const opened = openSimulated()
    const options = { ...few, faults: { ...noFaults, [reveals]: 0.5 } }
    const found = await firstFault(routerOf(opened, meter), { ...opened.options, ...options }, 100)
    expect(found?.violations.length).toBeGreaterThan(0)
    const again = openSimulated()
    expect(await simulate(routerOf(again, meter), { ...again.options, ...options, seed: found?.seed ?? -1 })).toEqual(found)
  })

  it('is not blamed while nothing goes wrong', async () => {
    const opened = openSimulated()
    expect(await firstFault(routerOf(opened, meter), { ...opened.options, ...few, faults: noFaults }, 20)).toBeNull()
  })
})

describe('a router that is wrong although nothing goes wrong', () => {
  const many = { calls: 20, customers: ['acme'], costs: { send: units }, faults: noFaults }

  const promisesBrokenBy = async (meter: () => Meter) => {
    const opened = openSimulated()
    const found = await firstFault(routerOf(opened, meter), { ...opened.options, ...many }, 20)
    return new Set(found?.violations.map(({ promise }) => promise))
  }
  const mayCall = async ({ opened, customerId }: Call<unknown>): Promise<boolean> => {
    const checked = await opened.world.backend.check({ caller: { customerId, entityId: null }, items: units })
    return checked.kind === 'allowed'
  }

  it('is caught: one that checks, and tracks afterwards', async () => {
    const broke = await promisesBrokenBy(() => async (call) => {
      if (!(await mayCall(call))) throw new Error('no more')
      const result = await call.next()
      if (result.ok) await call.track()
      return result
    })
    expect(broke).toEqual(new Set([2]))
  })

  it('is caught: one that charges what it denies', async () => {
    const broke = await promisesBrokenBy(() => async (call) => {
      const allowed = await mayCall(call)
      await call.track()
      if (!allowed) throw denialError(unreadDenial('entity_not_found', units), features, {})
      return call.next()
    })
    expect(broke).toContain(8)
  })
})

describe('a router built with Tollgate whose middlewares lose the request', () => {
  it('is caught: it does its work again for a repeat', async () => {
    const { t, meteredProcedure, options } = openSimulated()
    const forgetful = t.procedure.use(({ ctx, next }) => next({ ctx: { ...ctx, [Symbol.for('tollgate.request')]: undefined } }))
    const router = t.router({ send: forgetful.concat(meteredProcedure('messages', { units: 1 })).mutation(() => 'sent') })
    const found = await firstFault(router, options, 100)
    expect(found?.violations.map(({ promise }) => promise)).toContain(3)
  })
})

it('says what was done wrong in sentences', async () => {
  const opened = openSimulated()
  const before: Meter = async (call) => {
    await call.track()
    return call.next()
  }
  const router = routerOf(opened, () => before)
  const found = await firstFault(router, { ...opened.options, costs: { send: units } }, 100)
  expect(found?.violations[0]).toMatchObject({
    promise: 4,
    sentence: expect.stringMatching(/^(acme|zenith) was charged \d+ messages, more than the \d+ that its finished calls cost$/),
  })
})
