import { boolean, creditSystem, defineFeatures, definePlans, included, metered } from '@tollgate/features'
import { initTRPC } from '@trpc/server'
import { z } from 'zod'
import { createMetering } from '../createMetering.ts'
import type { OutagePolicy } from '../outage/outagePolicy.ts'
import type { Faults } from './faults.ts'
import { type SimulateOptions, type SimulationReport, simulate } from './simulate.ts'
import { simulated } from './simulated.ts'

export const features = defineFeatures({
  messages: metered(),
  image_gen: metered(),
  generations: metered({ consumable: false }),
  sso: boolean(),
  credits: creditSystem({ image_gen: 10 }),
})
const plans = definePlans(features, {
  free: { name: 'Free', autoEnable: true, items: { messages: included(7).per('month'), credits: included(60).per('month') } },
})
export const Count = z.object({ n: z.number() })

interface Context {
  readonly user: { readonly orgId: string }
}

/** What a router is built on to be simulated. */
export function openSimulated(onOutage: OutagePolicy = 'deny', holdTtlMs = 900_000) {
  const world = simulated({ features, plans })
  const metering = createMetering({
    features,
    identify: ({ ctx }: { ctx: Context }) => ({ customerId: ctx.user.orgId }),
    onOutage,
    holdTtlMs,
    onError: () => {},
    onOutageUse: () => {},
    ...world,
  })
  const t = initTRPC.context<Context>().create()
  const { meteredProcedure } = metering.procedures(t.procedure)
  const options = {
    world,
    context: (customerId: string) => ({ user: { orgId: customerId } }),
    inputs: { generate: (random) => ({ n: random.int(1, 3) }), both: (random) => ({ n: random.int(1, 2) }) },
  } satisfies Omit<SimulateOptions, 'seed'>
  return { world, metering, t, meteredProcedure, options }
}

/** The first seed that finds a fault. */
export async function firstFault(
  router: Parameters<typeof simulate>[0],
  options: Omit<SimulateOptions, 'seed'>,
  seeds: number,
): Promise<SimulationReport | null> {
  for (let seed = 0; seed < seeds; seed++) {
    const report = await simulate(router, { ...options, seed })
    if (report.violations.length > 0) return report
  }
  return null
}

export const noFaults: Faults = { lostAnswers: 0, lostRequests: 0, slow: 0, kills: 0, throws: 0, aborts: 0, duplicates: 0, retries: 0 }
