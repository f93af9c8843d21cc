import { z } from 'zod'
import { customerNotFound, invalidInputs } from './apiError.ts'
import { type Call, nowOf, run } from './call.ts'
import { instant, reference } from './fields.ts'
import { parseInput } from './input.ts'
import { ok, type Reply } from './reply.ts'

const input = z.object({ customer_id: reference, frozen_time: instant })

/**
 * `customers.advance_test_clock`: moves a customer's clock ahead, to an instant from which it goes on. Resets, rollovers, expiries and
 * trials follow. It never goes back.
 */
export async function advanceClock(call: Call): Promise<Reply> {
  const { customer_id, frozen_time } = parseInput(input, call.body)
  const customer = await call.engine.customer(customer_id)
  if (customer === null) throw customerNotFound(customer_id)
  if (frozen_time < nowOf(call, customer)) throw invalidInputs("frozen_time: lies before the customer's present time")
  const command = { kind: 'move_clock', offsetMs: frozen_time - call.engine.now() } as const
  return run(call, { customerId: customer_id, command, reply: () => ok({ customer_id, frozen_time, status: 'ready' }) })
}
