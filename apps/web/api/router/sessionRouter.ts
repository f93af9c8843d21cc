import { TRPCError } from '@trpc/server'
import { OrgInput, PersonInput } from '../../inputs.ts'
import type { StudioStore } from '../studioStore.ts'
import type { Trpc } from '../trpc.ts'

/** Signing in as one of the demo's people, and choosing the organisation to work for. */
export const sessionRouter = (t: Trpc, store: StudioStore, devtools: boolean) =>
  t.router({
    /** Who is signed in, and where they could go; null for nobody. */
    current: t.publicProcedure.query(({ ctx: { user } }) =>
      user === null ? null : { ...user, memberships: store.membershipsOf(user.person.id), devtools },
    ),

    /** Who can sign in. */
    people: t.publicProcedure.query(() => store.people().map((person) => ({ ...person, memberships: store.membershipsOf(person.id) }))),

    signIn: t.publicProcedure.input(PersonInput).mutation(async ({ ctx, input }) => {
      const [membership] = store.membershipsOf(input.personId)
      if (membership === undefined) throw new TRPCError({ code: 'NOT_FOUND', message: 'There is nobody by that name here.' })
      await ctx.cookie.write({ personId: input.personId, orgId: membership.orgId })
    }),

    switchOrg: t.authedProcedure.input(OrgInput).mutation(async ({ ctx, input }) => {
      const { person } = ctx.user
      if (!store.membershipsOf(person.id).some((each) => each.orgId === input.orgId))
        throw new TRPCError({ code: 'FORBIDDEN', message: 'You are not a member of that organisation.' })
      await ctx.cookie.write({ personId: person.id, orgId: input.orgId })
    }),

    signOut: t.publicProcedure.mutation(({ ctx }) => ctx.cookie.clear()),
  })
