import type { Engine } from '@tollgate/engine'
import { TRPCError } from '@trpc/server'
import { plans } from '../../catalog.ts'
import { SwitchPlanInput } from '../../inputs.ts'
import type { StudioStore } from '../studioStore.ts'
import type { Trpc } from '../trpc.ts'

/** What the organisation has bought. This is a demo: a plan starts at once, and nobody pays. */
export const plansRouter = (t: Trpc, store: StudioStore, engine: Engine) => {
  const attach = async (orgId: string, planId: string): Promise<void> => {
    const answer = await engine.execute(orgId, { kind: 'attach', planId, entityId: null, quantities: [], trial: 'none' })
    // Whoever asks for what is so already has what they want.
    if (!answer.ok && answer.code !== 'plan_already_attached')
      throw new TRPCError({ code: 'INTERNAL_SERVER_ERROR', message: `The plan could not be started: ${answer.code}.` })
  }
  return t.router({
    switch: t.freeOwnerProcedure.input(SwitchPlanInput).mutation(async ({ ctx: { user }, input: { planId } }) => {
      const { orgId } = user.membership
      const taken = store.membersOf(orgId).length
      const seats = seatsIn(planId)
      if (taken > seats) {
        const message = `${plans[planId].name} has ${seats} seats, and ${taken} are taken: remove ${taken - seats} first.`
        throw new TRPCError({ code: 'PRECONDITION_FAILED', message })
      }
      await attach(orgId, planId)
    }),

    /** Credits on top of the plan's, once. */
    buyCredits: t.freeOwnerProcedure.mutation(({ ctx: { user } }) => attach(user.membership.orgId, plans.credit_pack.id)),
  })
}

function seatsIn(planId: 'free' | 'pro'): number {
  const item = plans[planId].items.find(({ featureId }) => featureId === 'seats')
  return item?.kind === 'included' ? item.included : Number.POSITIVE_INFINITY
}
