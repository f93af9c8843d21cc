import { useEffect, useRef, useState } from 'react'
import type { BriefChunk } from '../../api/router/textsRouter.ts'
import { client } from '../client.ts'

export interface BriefSection {
  readonly heading: string
  readonly text: string
}

/** A briefing as far as it was written. Each of its sections was paid for with a message. */
export interface Brief {
  readonly status: 'idle' | 'writing' | 'done' | 'stopped' | 'failed'
  readonly sections: readonly BriefSection[]
  readonly error: Error | null
}

const idle: Brief = { status: 'idle', sections: [], error: null }

/** Writes briefings, and stops when asked to or when the page is left. */
export function useBrief(): { readonly brief: Brief; readonly start: (text: string) => Promise<void>; readonly stop: () => void } {
  const [brief, setBrief] = useState(idle)
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])

  const start = async (text: string) => {
    const controller = new AbortController()
    running.current = controller
    setBrief({ ...idle, status: 'writing' })
    try {
      const chunks = await client.texts.write.mutate({ text }, { signal: controller.signal })
      for await (const chunk of chunks) setBrief((before) => ({ ...before, sections: withChunk(before.sections, chunk) }))
      setBrief((before) => ({ ...before, status: controller.signal.aborted ? 'stopped' : 'done' }))
    } catch (error) {
      if (controller.signal.aborted) setBrief((before) => ({ ...before, status: 'stopped' }))
      else setBrief((before) => ({ ...before, status: 'failed', error: error instanceof Error ? error : new Error(String(error)) }))
    }
  }
  return { brief, start, stop: () => running.current?.abort() }
}

function withChunk(sections: readonly BriefSection[], chunk: BriefChunk): readonly BriefSection[] {
  if (chunk.kind === 'section') return [...sections, { heading: chunk.heading, text: '' }]
  const last = sections.at(-1)
  return last ? [...sections.slice(0, -1), { ...last, text: last.text + chunk.text }] : sections
}
