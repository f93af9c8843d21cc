import { archiveWorks } from '../export/archiveWorks.ts'
import { samlMetadata } from '../export/samlMetadata.ts'
import { type StudioStore, workKinds } from '../studioStore.ts'
import type { Trpc } from '../trpc.ts'

const EXPORTED = 2_000

/** What leaves the studio: only for plans that have it. */
export const exportRouter = (t: Trpc, store: StudioStore) =>
  t.router({
    /** All that the organisation made, as a ZIP. */
    works: t.gatedProcedure('data_export').mutation(({ ctx: { user } }) => {
      const works = store.worksOf(user.membership.orgId, workKinds, EXPORTED)
      const archive = Buffer.from(archiveWorks(works)).toString('base64')
      return { name: `${user.membership.orgId}-works.zip`, type: 'application/zip', base64: archive, works: works.length }
    }),

    /** What an identity provider needs to know of the studio. */
    samlMetadata: t.gatedProcedure('sso').mutation(({ ctx: { user, origin } }) => {
      const { orgId } = user.membership
      const xml = Buffer.from(samlMetadata(origin, orgId)).toString('base64')
      return { name: `${orgId}-saml.xml`, type: 'application/samlmetadata+xml', base64: xml }
    }),
  })
