/** How often what goes wrong, from 0 (never) to 1 (always). */
export interface Faults {
  /** The backend does what it is asked, and its answer is lost. */
  readonly lostAnswers: number
  /** The backend is asked and never hears of it. */
  readonly lostRequests: number
  /** The backend takes up to half a second. */
  readonly slow: number
  /** The backend is killed, before or after it did what it was asked, and is down for up to two seconds. */
  readonly kills: number
  /** A resolver throws, before its work or after it, or in the middle of a stream. */
  readonly throws: number
  /** A caller aborts, or leaves a stream. */
  readonly aborts: number
  /** A call is sent twice at the same time, under one operation id. */
  readonly duplicates: number
  /** A call whose answer came is sent again, as if the answer had been lost on its way to the client. */
  readonly retries: number
}

/** Everything goes wrong now and then. */
export const someFaults: Faults = {
  lostAnswers: 0.05,
  lostRequests: 0.05,
  slow: 0.2,
  kills: 0.02,
  throws: 0.2,
  aborts: 0.15,
  duplicates: 0.2,
  retries: 0.3,
}
