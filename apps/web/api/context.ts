import type { Log } from './log.ts'
import type { SessionCookie } from './session.ts'
import type { Membership, Person, StudioStore } from './studioStore.ts'

/** What a procedure knows of its request. */
export interface RequestContext {
  /** Null: nobody is signed in. */
  readonly user: User | null
  /** Where this site is seen from outside: `https://studio.example`. */
  readonly origin: string
}

/** A signed-in person in one of their organisations. */
export interface User {
  readonly person: Person
  readonly membership: Membership
}

/**
 * The user that a request's cookie names, as the studio knows them now: somebody who was removed from the organisation is
 * out with the next request, whatever their cookie says.
 */
export async function userOf(cookie: SessionCookie, store: StudioStore, log: Log): Promise<User | null> {
  const state = await cookie.read()
  if (state.kind === 'forged') log.warn({ refused: 'forged_session' }, 'A session cookie with a wrong signature was ignored.')
  if (state.kind !== 'signed_in') return null
  const { personId, orgId } = state.session
  const person = store.person(personId)
  const membership = store.membershipsOf(personId).find((each) => each.orgId === orgId)
  if (person !== null && membership !== undefined) return { person, membership }
  log.warn({ refused: 'stale_session', personId, orgId }, 'A session of somebody who is not a member was ignored.')
  return null
}

/** What a log line tells of a user. */
export function userFacts(user: User | null): { readonly personId?: string; readonly orgId?: string } {
  return user === null ? {} : { personId: user.person.id, orgId: user.membership.orgId }
}
