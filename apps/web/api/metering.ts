import type { Engine } from '@tollgate/engine'
import { createMetering, embedded } from '@tollgate/server'
import { features } from '../catalog.ts'
import type { User } from './context.ts'
import { type Faults, observedBackend } from './devtools/observedBackend.ts'
import type { Timeline } from './devtools/timeline.ts'
import type { Log } from './log.ts'

export type AppMetering = ReturnType<typeof createAppMetering>

/** The metering of the studio: the organisation pays, and nothing is given away while the meter is out. */
export function createAppMetering(engine: Engine, log: Log, devtools: { readonly timeline: Timeline; readonly faults: Faults } | null) {
  const backend = embedded(engine)
  return createMetering({
    features,
    backend: devtools === null ? backend : observedBackend(backend, devtools.timeline, devtools.faults),
    identify: ({ ctx: { user } }: { ctx: { user: User } }) => ({ customerId: user.membership.orgId, name: user.membership.orgName }),
    onOutage: 'deny',
    onError: (error) => log.error({ err: error }, 'A call could not be settled yet.'),
  })
}
