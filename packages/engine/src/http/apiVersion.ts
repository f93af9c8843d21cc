/** A version of Autumn's API as a number that compares: 2.4 is 204, 0.2 is 2. */
export type ApiVersion = number

export const V1_1: ApiVersion = 101
export const V1_2: ApiVersion = 102
export const V2_0: ApiVersion = 200
export const V2_1: ApiVersion = 201
export const V2_3: ApiVersion = 203

/** The version that a request without a version header gets. */
export const NEWEST: ApiVersion = 204

const versions = new Set<ApiVersion>([1, 2, V1_1, V1_2, 104, V2_0, V2_1, 202, V2_3, NEWEST])

const byReleaseDate = new Map<string, ApiVersion>([
  ['2025-02-01', 1],
  ['2025-04-01', 2],
  ['2025-04-17', V1_1],
  ['2025-05-05', V1_2],
  ['2025-06-01', 104],
  ['2026-03-16', V2_0],
  ['2026-03-17', V2_1],
  ['2026-03-18', 202],
  ['2026-05-13', V2_3],
  ['2026-09-04', NEWEST],
])

/** Headers that were read before: clients send the same one with every request, and there are few ways to write a version. */
const read = new Map<string, ApiVersion>()

/** Reads an `x-api-version` header: `2.4.0`, `2`, a release date such as `2026-03-17`, or `beta`. Null when there is no such version. */
export function parseApiVersion(text: string): ApiVersion | null {
  const known = read.get(text)
  if (known !== undefined) return known
  const version = versionIn(text)
  if (version !== null) read.set(text, version)
  return version
}

function versionIn(text: string): ApiVersion | null {
  if (text === 'beta') return 104
  const released = byReleaseDate.get(text.replace(/\.clover$/, ''))
  if (released !== undefined) return released
  const match = /^(\d{1,2})(?:\.(\d{1,2}))?(?:\.0)?$/.exec(text)
  if (!match) return null
  const version = Number(match[1]) * 100 + Number(match[2] ?? 0)
  return versions.has(version) ? version : null
}
