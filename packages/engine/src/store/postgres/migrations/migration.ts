/** One step of the schema. Once released it never changes. */
export interface Migration {
  /** Counts from 1 without gaps. */
  readonly version: number
  readonly name: string
  readonly statements: readonly string[]
}
