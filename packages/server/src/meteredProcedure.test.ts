import { createTRPCClient, httpBatchLink } from '@trpc/client'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { openMetering, remaining, serve } from './served.fixture.ts'

it('admits exactly five of twenty parallel calls on a balance of five, in one batch', async () => {
  const { engine, t, meteredProcedure } = await openMetering()
  let ran = 0
  const router = t.router({
    send: meteredProcedure('messages', { input: z.object({ text: z.string() }), units: 1 }).mutation(({ input }) => {
      ran++
      return input.text
    }),
  })
  const client = createTRPCClient<typeof router>({ links: [httpBatchLink({ url: await serve(router) })] })

  const results = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => client.send.mutate({ text: `${index}` })))

  expect(results.map((result) => result.status)).toEqual([...Array(5).fill('fulfilled'), ...Array(15).fill('rejected')])
  const refused = results.find((result) => result.status === 'rejected')
  expect(refused?.reason.data.denial).toMatchObject({ reason: 'limit_reached', remaining: 0, required: 1, unlockedBy: [{ planId: 'pro' }] })
  expect(ran).toBe(5)
  expect(await remaining(engine, 'messages')).toBe(0)
})
