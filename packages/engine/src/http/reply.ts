/** An answer on its way out. */
export interface Reply {
  readonly status: 200 | 202
  readonly body: unknown
  /** The answer to an earlier request with the same key. */
  readonly replayed?: boolean
}

export function ok(body: unknown): Reply {
  return { status: 200, body }
}
