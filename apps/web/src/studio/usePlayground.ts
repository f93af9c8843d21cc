import { useMutation } from '@tanstack/react-query'
import { withOperationId } from '@tollgate/client/links'
import { useState } from 'react'
import type { ApiAnswer } from '../../api/playground/answerCall.ts'
import type { ApiCall } from '../../inputs.ts'
import { client } from '../client.ts'

/** One call that was sent, and what came back. */
export interface SentCall {
  readonly operationId: string
  readonly input: ApiCall
  readonly answer: ApiAnswer
  readonly durationMs: number
  /** The operation had been done before: this answer was kept, and cost nothing. */
  readonly repeated: boolean
}

const KEPT = 20

/** Sends calls to the API under operation ids of one's own, and remembers the last ones. */
export function usePlayground() {
  const [calls, setCalls] = useState<readonly SentCall[]>([])
  const send = useMutation({
    mutationFn: async ({ input, operationId }: { readonly input: ApiCall; readonly operationId: string }) => {
      const started = performance.now()
      const answer = await client.playground.ask.mutate(input, { context: withOperationId(operationId) })
      return { input, operationId, answer, durationMs: performance.now() - started }
    },
    onSuccess: (call) => {
      setCalls((before) =>
        [{ ...call, repeated: before.some(({ operationId }) => operationId === call.operationId) }, ...before].slice(0, KEPT),
      )
    },
  })
  return { calls, send }
}
