import type { Store } from '../store.ts'

/** The store that a contract test looks at. */
export interface UnderTest {
  /** Another one after each `reopen`. */
  readonly store: Store
  /** Says why data does not outlive the store, if it does not. */
  readonly forgetful?: string | undefined
  reopen(): Promise<void>
  /** Checks what is there, and that it is still there once the store was opened anew. */
  nowAndAfterReopening(check: () => Promise<void>): Promise<void>
}
