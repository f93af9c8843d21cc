import type { Services } from '../services.ts'
import { createTrpc } from '../trpc.ts'
import { devtoolsRouter } from './devtoolsRouter.ts'
import { exportRouter } from './exportRouter.ts'
import { imagesRouter } from './imagesRouter.ts'
import { plansRouter } from './plansRouter.ts'
import { playgroundRouter } from './playgroundRouter.ts'
import { sessionRouter } from './sessionRouter.ts'
import { teamRouter } from './teamRouter.ts'
import { textsRouter } from './textsRouter.ts'

/** Every procedure of the product. */
export type AppRouter = ReturnType<typeof createAppRouter>

export function createAppRouter({ config, engine, metering, store, timeline, faults }: Services) {
  const t = createTrpc(metering)
  return t.router({
    session: sessionRouter(t, store, config.devtools),
    images: imagesRouter(t, store),
    texts: textsRouter(t, store),
    playground: playgroundRouter(t),
    exports: exportRouter(t, store),
    team: teamRouter(t, store, engine),
    plans: plansRouter(t, store, engine),
    usage: t.usageRouter,
    devtools: devtoolsRouter(t, { on: config.devtools, engine, timeline, faults }),
  })
}
