import { amountOf, type Engine } from '@tollgate/engine'
import { TRPCError } from '@trpc/server'
import { BreakInput, MoveClockInput, SetBalanceInput } from '../../inputs.ts'
import type { Faults } from '../devtools/observedBackend.ts'
import type { Timeline } from '../devtools/timeline.ts'
import type { Trpc } from '../trpc.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** For trying the product out: answers as if it did not exist unless the devtools are on. */
export const devtoolsRouter = (t: Trpc, opts: { on: boolean; engine: Engine; timeline: Timeline; faults: Faults }) => {
  const { on, engine, timeline, faults } = opts
  const devtoolsProcedure = t.freeProcedure.use(({ next, path }) => {
    if (on) return next()
    throw new TRPCError({ code: 'NOT_FOUND', message: `No procedure found on path "${path}"` })
  })
  return t.router({
    /** What the backend was asked about the organisation, told again with every change. */
    timeline: devtoolsProcedure.subscription(async function* ({ ctx: { user }, signal }) {
      const { orgId } = user.membership
      let wake = () => {}
      const end = timeline.subscribe(orgId, () => wake())
      signal?.addEventListener('abort', () => wake(), { once: true })
      try {
        while (!signal?.aborted) {
          const changed = new Promise<void>((resolve) => {
            wake = resolve
          })
          yield { events: timeline.of(orgId), broken: faults.broken, clockOffsetMs: (await engine.customer(orgId))?.clockOffsetMs ?? 0 }
          await changed
        }
      } finally {
        end()
      }
    }),

    setBalance: devtoolsProcedure.input(SetBalanceInput).mutation(async ({ ctx: { user }, input: { featureId, remaining } }) => {
      const target = { featureId, entityId: null, balanceId: null, interval: null, remaining: amountOf(remaining) }
      const answer = await engine.execute(user.membership.orgId, { kind: 'update_balance', ...target })
      if (!answer.ok) throw new TRPCError({ code: 'PRECONDITION_FAILED', message: `The balance cannot be set: ${answer.code}.` })
    }),

    /** Moves the organisation's clock ahead; by 0 days it is set right again. */
    moveClock: devtoolsProcedure.input(MoveClockInput).mutation(async ({ ctx: { user }, input: { days } }) => {
      const { orgId } = user.membership
      const offsetMs = days === 0 ? 0 : ((await engine.customer(orgId))?.clockOffsetMs ?? 0) + days * DAY_MS
      await engine.execute(orgId, { kind: 'move_clock', offsetMs })
    }),

    breakBackend: devtoolsProcedure.input(BreakInput).mutation(({ input: { broken } }) => {
      faults.broken = broken
    }),
  })
}
