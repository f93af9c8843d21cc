export { type AutumnApiOptions, autumnApi } from './autumnApi.ts'
export { KEY_HEADER, REPLAY_HEADER, REPLAYED_HEADER } from './idempotency.ts'
