import { Braces } from 'lucide-react'
import { useState } from 'react'
import type { ApiCall } from '../../inputs.ts'
import { trpc, useGate } from '../client.ts'
import { Card } from '../components/Card.tsx'
import { EmptyState } from '../components/EmptyState.tsx'
import { PageHeader } from '../components/PageHeader.tsx'
import { SpendNotice } from '../components/SpendNotice.tsx'
import { ApiCallForm } from '../studio/ApiCallForm.tsx'
import { SentCallList } from '../studio/SentCallList.tsx'
import { usePlayground } from '../studio/usePlayground.ts'

const first: ApiCall = { endpoint: 'palette', text: 'Lighthouse at dusk' }

/** The studio's API, to be tried out: a credit a call, and nothing for a repeat of the same operation. */
export function ApiPage() {
  const { calls, send } = usePlayground()
  const [input, setInput] = useState(first)
  const prospect = useGate(trpc.playground.ask, first)
  return (
    <>
      <PageHeader title="API">
        What your programs can ask the studio for. A call costs a credit; repeating it under its operation id costs nothing.
      </PageHeader>
      <div className="grid items-start gap-6 xl:grid-cols-2">
        <Card title="Request">
          <ApiCallForm
            input={input}
            onChange={setInput}
            pending={send.isPending}
            prospect={prospect}
            notice={!send.isPending && <SpendNotice prospect={prospect} units={1} error={send.error} />}
            onSend={() => send.mutate({ input, operationId: crypto.randomUUID() })}
          />
        </Card>
        <Card title="Answers" className="min-h-80">
          {calls.length === 0 ? (
            <EmptyState icon={Braces} title="No calls yet">
              Answers appear here, with their operation ids. Send one again to see that it is not charged twice.
            </EmptyState>
          ) : (
            <SentCallList
              calls={calls}
              pending={send.isPending}
              onRepeat={({ input: repeated, operationId }) => send.mutate({ input: repeated, operationId })}
            />
          )}
        </Card>
      </div>
    </>
  )
}
