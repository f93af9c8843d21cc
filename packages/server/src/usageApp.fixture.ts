import { vi } from 'vitest'
import { z } from 'zod'
import { clientOf } from './client.fixture.ts'
import { openMetering, serve } from './served.fixture.ts'

const Count = z.object({ n: z.number() })

/** An application with every kind of procedure that clients may ask about, served over a socket. */
export async function openUsageApp() {
  const opened = await openMetering()
  const { t, metering, meteredProcedure, gatedProcedure } = opened
  const ran = vi.fn<() => void>()
  const router = t.router({
    usage: metering.usageRouter(t.procedure),
    images: t.router({
      generate: meteredProcedure('image_gen', { input: Count, units: ({ input }) => input.n }).mutation(({ input }) => {
        ran()
        return input.n
      }),
      both: meteredProcedure({ messages: 1, image_gen: ({ input }) => input.n }, { input: Count }).mutation(ran),
    }),
    send: meteredProcedure('messages', { units: 1 }).mutation(ran),
    saml: gatedProcedure('sso').query(ran),
    free: t.procedure.query(() => 'free'),
  })
  const url = await serve(router)
  return { ...opened, ran, router, url, client: clientOf<typeof router>(url) }
}
