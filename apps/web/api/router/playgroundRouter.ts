import { ApiCallInput } from '../../inputs.ts'
import { answerCall } from '../playground/answerCall.ts'
import type { Trpc } from '../trpc.ts'

/** The studio's API as its customers' programs call it: a credit a call. */
export const playgroundRouter = (t: Trpc) =>
  t.router({
    ask: t.meteredProcedure('api_calls', { input: ApiCallInput, units: 1 }).mutation(({ input }) => answerCall(input)),
  })
