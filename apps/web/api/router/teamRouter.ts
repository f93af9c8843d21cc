import { randomUUID } from 'node:crypto'
import type { Engine } from '@tollgate/engine'
import { TRPCError } from '@trpc/server'
import { InviteInput, PersonInput } from '../../inputs.ts'
import { freeSeat } from '../seats.ts'
import type { StudioStore } from '../studioStore.ts'
import type { Trpc } from '../trpc.ts'

/** Who is in the organisation: each member takes a seat until they are removed. */
export const teamRouter = (t: Trpc, store: StudioStore, engine: Engine) =>
  t.router({
    members: t.freeProcedure.query(({ ctx: { user } }) => store.membersOf(user.membership.orgId)),

    invite: t.ownerMetered('seats', { input: InviteInput, units: 1 }).mutation(({ ctx: { user }, input: { name, email } }) => {
      const person = { id: randomUUID(), name, email }
      if (!store.addMember(user.membership.orgId, person))
        throw new TRPCError({ code: 'CONFLICT', message: `${email} is a member already.` })
      return { name, email }
    }),

    remove: t.freeOwnerProcedure.input(PersonInput).mutation(async ({ ctx: { user }, input }) => {
      const { orgId } = user.membership
      if (!store.removeMember(orgId, input.personId))
        throw new TRPCError({ code: 'NOT_FOUND', message: 'There is no such member who could be removed.' })
      await freeSeat(engine, orgId)
    }),
  })
