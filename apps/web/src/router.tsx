import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router'
import * as z from 'zod/mini'
import { queryClient, trpc } from './client.ts'
import { ErrorPage } from './pages/ErrorPage.tsx'
import { ImagesPage } from './pages/ImagesPage.tsx'
import { NotFoundPage } from './pages/NotFoundPage.tsx'
import { AppShell } from './shell/AppShell.tsx'

/** An address of this site, to go to afterwards; never one elsewhere. */
const ownPath = z.optional(z.catch(z.string().check(z.regex(/^\/(?:[a-z-]+\/?)*$/)), '/images'))

const session = () => queryClient.ensureQueryData(trpc.session.current.queryOptions())

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFoundPage })

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: z.object({ to: ownPath }),
  beforeLoad: async () => {
    if ((await session()) !== null) throw redirect({ to: '/images' })
  },
  loader: () => queryClient.ensureQueryData(trpc.session.people.queryOptions()),
  component: lazyRouteComponent(() => import('./pages/SignInPage.tsx'), 'SignInPage'),
})

const app = createRoute({
  getParentRoute: () => root,
  id: 'app',
  beforeLoad: async ({ location }) => {
    if ((await session()) === null) throw redirect({ to: '/sign-in', search: { to: location.pathname } })
  },
  component: AppShell,
})

const index = createRoute({
  getParentRoute: () => app,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/images' })
  },
})

const images = createRoute({ getParentRoute: () => app, path: '/images', component: ImagesPage })

const briefs = createRoute({
  getParentRoute: () => app,
  path: '/briefs',
  component: lazyRouteComponent(() => import('./pages/BriefsPage.tsx'), 'BriefsPage'),
})

const summaries = createRoute({
  getParentRoute: () => app,
  path: '/summaries',
  component: lazyRouteComponent(() => import('./pages/SummariesPage.tsx'), 'SummariesPage'),
})

const api = createRoute({
  getParentRoute: () => app,
  path: '/api',
  component: lazyRouteComponent(() => import('./pages/ApiPage.tsx'), 'ApiPage'),
})

const exports = createRoute({
  getParentRoute: () => app,
  path: '/export',
  component: lazyRouteComponent(() => import('./pages/ExportPage.tsx'), 'ExportPage'),
})

const usage = createRoute({
  getParentRoute: () => app,
  path: '/usage',
  component: lazyRouteComponent(() => import('./pages/UsagePage.tsx'), 'UsagePage'),
})

const plans = createRoute({
  getParentRoute: () => app,
  path: '/plans',
  validateSearch: z.object({ back: ownPath }),
  component: lazyRouteComponent(() => import('./pages/PlansPage.tsx'), 'PlansPage'),
})

const team = createRoute({
  getParentRoute: () => app,
  path: '/team',
  component: lazyRouteComponent(() => import('./pages/TeamPage.tsx'), 'TeamPage'),
})

const routeTree = root.addChildren([signIn, app.addChildren([index, images, briefs, summaries, api, exports, usage, plans, team])])

export const router = createRouter({
  routeTree,
  defaultPreload: 'intent',
  defaultErrorComponent: ErrorPage,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    readonly router: typeof router
  }
}
