import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { BRIEF_SECTIONS, messagesFor, SummarizeInput, WriteInput } from '../../inputs.ts'
import type { User } from '../context.ts'
import type { StudioStore, WorkKind } from '../studioStore.ts'
import { summarize } from '../text/summarize.ts'
import { writeBrief } from '../text/writeBrief.ts'
import type { Trpc } from '../trpc.ts'

/** What a briefing sends while it is written. */
export type BriefChunk =
  | { readonly kind: 'section'; readonly heading: string }
  /** More of the section that was begun last. */
  | { readonly kind: 'words'; readonly text: string }

/** Between two chunks: slow enough to read along, and to stop. */
const PACE_MS = 30
const WORDS_PER_CHUNK = 3

const SHOWN = 12

/** Characters of a title at most. */
const TITLE = 60

/** Summaries and briefings: paid in messages. */
export const textsRouter = (t: Trpc, store: StudioStore) =>
  t.router({
    summarize: t
      .meteredProcedure('messages', { input: SummarizeInput, units: ({ input }) => messagesFor(input.text) })
      .mutation(({ ctx: { user }, input, signal }) => {
        const summary = summarize(input.text, input.sentences, signal)
        keep(store, user, 'summary', input.text, summary.sentences.map(({ text }) => `- ${text}`).join('\n'))
        return summary
      }),

    /** A briefing, section by section: a message for each section that was begun, and none for those that were not. */
    write: t.meteredProcedure('messages', { input: WriteInput, units: BRIEF_SECTIONS }).mutation(async function* ({
      ctx,
      input,
      signal,
    }): AsyncGenerator<BriefChunk, void> {
      const written: string[] = []
      try {
        for (const { heading, body } of writeBrief(input.text, signal)) {
          ctx.usage.add(1)
          written.push(`## ${heading}\n\n`)
          yield { kind: 'section', heading }
          for (const text of chunksOf(body)) {
            await wait(PACE_MS, undefined, { signal })
            written.push(text)
            yield { kind: 'words', text }
          }
          written.push('\n\n')
        }
      } finally {
        // What was delivered was paid for, so it is kept, also when the reader stopped.
        if (written.length > 0) keep(store, ctx.user, 'brief', input.text, written.join('').trim())
      }
    }),

    /** The newest texts of the organisation. */
    list: t.freeProcedure.query(({ ctx: { user } }) =>
      store
        .worksOf(user.membership.orgId, ['summary', 'brief'], SHOWN)
        .map(({ id, kind, title, content, madeBy, madeAt }) => ({ id, kind, title, content, madeBy, madeAt })),
    ),
  })

function keep(store: StudioStore, { person, membership }: User, kind: WorkKind, source: string, content: string): void {
  const title = beginningOf(source.trim().replaceAll(/\s+/g, ' '))
  store.addWorks([{ id: randomUUID(), orgId: membership.orgId, kind, title, content, madeBy: person.name, madeAt: Date.now() }])
}

/** The first words of a text, as many as fit into a line. */
function beginningOf(text: string): string {
  return text.length <= TITLE ? text : `${text.slice(0, text.lastIndexOf(' ', TITLE) + 1 || TITLE).trimEnd()}…`
}

function chunksOf(body: string): readonly string[] {
  const words = body.match(/\S+\s*/g) ?? []
  const count = Math.ceil(words.length / WORDS_PER_CHUNK)
  return Array.from({ length: count }, (_, index) => words.slice(index * WORDS_PER_CHUNK, (index + 1) * WORDS_PER_CHUNK).join(''))
}
