import { join } from 'node:path'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import { csrf } from 'hono/csrf'
import { secureHeaders } from 'hono/secure-headers'
import { userFacts, userOf } from './context.ts'
import { serveSession } from './serveSession.ts'
import { serveTrpc } from './serveTrpc.ts'
import type { Services } from './services.ts'
import { sessionCookie } from './session.ts'

const YEAR_S = 31_536_000

/** The product over HTTP: its procedures, the pictures that it made, and its page. */
export function createApp(services: Services): Hono {
  const { config, store, log } = services
  const app = new Hono()

  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
      referrerPolicy: 'same-origin',
      strictTransportSecurity: config.production ? `max-age=${YEAR_S}` : false,
    }),
  )
  app.use(csrf())

  app.get('/health', (context) => context.json({ ok: true }))
  serveSession(app, services)
  serveTrpc(app, services)

  app.get('/works/:file{[0-9a-f-]+\\.svg}', async (context) => {
    const cookie = sessionCookie(context, config.sessionSecret, config.production)
    const user = await userOf(cookie, store, log)
    const workId = context.req.param('file').slice(0, -'.svg'.length)
    const work = user && store.work(user.membership.orgId, workId)
    if (work?.kind !== 'image') {
      log.warn({ refused: 'work_not_found', workId, ...userFacts(user) }, 'A work was refused that is not the organisation’s.')
      return context.notFound()
    }
    return context.body(work.content, 200, {
      'content-type': 'image/svg+xml',
      'cache-control': `private, max-age=${YEAR_S}, immutable`,
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    })
  })

  const page = { root: config.browserFolder, precompressed: true }
  app.use('/assets/*', async (context, next) => {
    await next()
    // The names of these files are made from what is in them.
    if (context.res.ok) context.header('cache-control', `public, max-age=${YEAR_S}, immutable`)
  })
  app.use(async (context, next) => {
    await next()
    if (!context.res.headers.has('cache-control')) context.header('cache-control', 'no-cache')
  })
  app.use(serveStatic(page))
  // Every other address is a page's own: the router in the browser reads it.
  app.get('*', async (context, next) => {
    if (!context.req.header('accept')?.includes('text/html')) return next()
    return serveStatic({ ...page, path: join(config.browserFolder, 'index.html'), root: '' })(context, next)
  })

  app.onError((error, context) => {
    if ('getResponse' in error && typeof error.getResponse === 'function') {
      log.warn({ refused: 'request', path: context.req.path }, error.message || 'A request was refused.')
      return error.getResponse()
    }
    log.error({ err: error, path: context.req.path }, 'A request failed.')
    return context.text('Something went wrong on our side.', 500)
  })
  return app
}
