import type { Context } from 'hono'
import { deleteCookie, getCookie, getSignedCookie, setSignedCookie } from 'hono/cookie'

/** Who the browser is signed in as, and for which organisation. */
export interface Session {
  readonly personId: string
  readonly orgId: string
}

/** What a request's cookie says. A forged one is told apart from none, so that it can be logged. */
export type SessionState = { readonly kind: 'none' | 'forged' | 'expired' } | { readonly kind: 'signed_in'; readonly session: Session }

/** Reads and writes the session of one request. */
export interface SessionCookie {
  read(): Promise<SessionState>
  write(session: Session): Promise<void>
  clear(): void
}

const NAME = 'studio_session'
const MAX_AGE_S = 30 * 24 * 60 * 60

/**
 * The session cookie of a request: signed, out of reach for scripts, and sent by this site's own pages alone.
 *
 * It carries the time it was written at, so that a stolen copy ends with the session whatever the browser does with it.
 */
export function sessionCookie(context: Context, secret: string, secure: boolean, now: () => number = Date.now): SessionCookie {
  const prefix = secure ? 'host' : undefined
  return {
    async read() {
      const value = await getSignedCookie(context, secret, NAME, prefix)
      // One without a signature is not read at all, and no more ours than one with a wrong signature.
      if (value === undefined) return { kind: getCookie(context, NAME, prefix) === undefined ? 'none' : 'forged' }
      if (value === false) return { kind: 'forged' }
      return parse(value, now())
    },
    async write({ personId, orgId }) {
      await setSignedCookie(context, NAME, [personId, orgId, now()].join(' '), secret, {
        path: '/',
        httpOnly: true,
        sameSite: 'Lax',
        secure,
        maxAge: MAX_AGE_S,
        ...(prefix && { prefix }),
      })
    },
    clear() {
      deleteCookie(context, NAME, { path: '/', secure, ...(prefix && { prefix }) })
    },
  }
}

function parse(value: string, now: number): SessionState {
  const [personId, orgId, writtenAt] = value.split(' ')
  if (!personId || !orgId || !(Number(writtenAt) > 0)) return { kind: 'forged' }
  if (Number(writtenAt) + MAX_AGE_S * 1000 < now) return { kind: 'expired' }
  return { kind: 'signed_in', session: { personId, orgId } }
}
