import type { StudioStore } from '../studioStore.ts'
import type { Trpc } from '../trpc.ts'

/** Who is signed in and who could be. Signing in itself sets a cookie, and is not a procedure: the headers of a streamed answer leave first. */
export const sessionRouter = (t: Trpc, store: StudioStore, devtools: boolean) =>
  t.router({
    /** The user and where else they could go; null for nobody. */
    current: t.publicProcedure.query(({ ctx: { user } }) =>
      user === null ? null : { ...user, memberships: store.membershipsOf(user.person.id), devtools },
    ),

    /** Who can sign in. */
    people: t.publicProcedure.query(() => store.people().map((person) => ({ ...person, memberships: store.membershipsOf(person.id) }))),
  })
