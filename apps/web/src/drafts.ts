/** What was entered and not yet sent, by form: going to look at the plans and back loses nothing. */
const drafts = new Map<string, unknown>()

/** The draft of a form, or what it starts with. */
export function draftOf<T>(form: string, initial: T): T {
  // A form's name stands for one type of draft.
  return (drafts.get(form) as T | undefined) ?? initial
}

export function keepDraft(form: string, draft: unknown): void {
  drafts.set(form, draft)
}
