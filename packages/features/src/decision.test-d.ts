import { expectTypeOf } from 'vitest'
import type { BalanceDenial, Decision, Denial, DenialReason, UnreadDenial } from './decision.ts'
import { describeDenial } from './describeDenial.ts'

declare const denial: Denial<'images' | 'credits'>
declare const decision: Decision<'images' | 'credits'>

// What is known of one application is known of any.
expectTypeOf<Denial<'images'>>().toExtend<Denial>()
expectTypeOf<Decision<'images'>>().toExtend<Decision>()

// Every denial can be read alike, and its reason says whether a balance was read.
expectTypeOf(denial.reason).toEqualTypeOf<DenialReason>()
expectTypeOf(denial.remaining).toEqualTypeOf<number | null>()
if (denial.reason === 'limit_reached') expectTypeOf(denial).toEqualTypeOf<BalanceDenial<'images' | 'credits'>>()
if (denial.reason === 'outage') expectTypeOf(denial).toEqualTypeOf<UnreadDenial<'images' | 'credits'>>()

if (decision.allowed) expectTypeOf(decision.items[0]?.payers[0]?.poolId).toEqualTypeOf<'images' | 'credits' | undefined>()
else describeDenial(decision.denial)

// @ts-expect-error an outage says nothing of what is left
export const outage: Denial = { ...denial, reason: 'outage', remaining: 0 }
