import { randomUUID } from 'node:crypto'
import { GenerateInput } from '../../inputs.ts'
import { renderImage } from '../render/renderImage.ts'
import type { StudioStore, Work } from '../studioStore.ts'
import type { Trpc } from '../trpc.ts'

const SHOWN = 24

/** Pictures: each is ten credits of the pool. */
export const imagesRouter = (t: Trpc, store: StudioStore) =>
  t.router({
    generate: t
      .meteredProcedure('image_gen', { input: GenerateInput, units: ({ input }) => input.n })
      .mutation(({ ctx: { user }, input: { prompt, style, n, seed } }) => {
        const works = Array.from(
          { length: n },
          (_, index): Work => ({
            id: randomUUID(),
            orgId: user.membership.orgId,
            kind: 'image',
            title: prompt,
            content: renderImage(prompt, style, seed + index),
            madeBy: user.person.name,
            madeAt: Date.now(),
          }),
        )
        store.addWorks(works)
        return works.map(imageOf)
      }),

    /** The newest pictures of the organisation. */
    list: t.freeProcedure.query(({ ctx: { user } }) => store.worksOf(user.membership.orgId, ['image'], SHOWN).map(imageOf)),
  })

function imageOf({ id, title, madeBy, madeAt }: Work) {
  return { id, title, madeBy, madeAt, url: `/works/${id}.svg` }
}
