import type { Context, Hono } from 'hono'
import type { ZodMiniType } from 'zod/mini'
import { OrgInput, PersonInput } from '../inputs.ts'
import { userFacts, userOf } from './context.ts'
import type { Services } from './services.ts'
import { sessionCookie } from './session.ts'

/** Signing in as one of the demo's people, choosing the organisation to work for, and signing out. */
export function serveSession(app: Hono, { config, store, log }: Services): void {
  const cookieOf = (context: Context) => sessionCookie(context, config.sessionSecret, config.production)
  const refuse = (context: Context, status: 400 | 401 | 403 | 404, message: string, facts: object = {}) => {
    log.warn({ path: context.req.path, refused: status, ...facts }, message)
    return context.json({ message }, status)
  }

  app.post('/session', async (context) => {
    const input = await bodyOf(context, PersonInput)
    if (input === null) return refuse(context, 400, 'Say who signs in.')
    const [membership] = store.membershipsOf(input.personId)
    if (membership === undefined) return refuse(context, 404, 'There is nobody by that name here.')
    await cookieOf(context).write({ personId: input.personId, orgId: membership.orgId })
    return context.body(null, 204)
  })

  app.put('/session/org', async (context) => {
    const input = await bodyOf(context, OrgInput)
    if (input === null) return refuse(context, 400, 'Say which organisation.')
    const cookie = cookieOf(context)
    const user = await userOf(cookie, store, log)
    if (user === null) return refuse(context, 401, 'Sign in first.')
    const isMember = store.membershipsOf(user.person.id).some(({ orgId }) => orgId === input.orgId)
    if (!isMember) return refuse(context, 403, 'You are not a member of that organisation.', { ...userFacts(user), asked: input.orgId })
    await cookie.write({ personId: user.person.id, orgId: input.orgId })
    return context.body(null, 204)
  })

  app.delete('/session', (context) => {
    cookieOf(context).clear()
    return context.body(null, 204)
  })
}

/** The body as the schema has it; null when it is anything else. */
async function bodyOf<T>(context: Context, schema: ZodMiniType<T>): Promise<T | null> {
  const body: unknown = await context.req.json().catch(() => null)
  return schema.safeParse(body).data ?? null
}
