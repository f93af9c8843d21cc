import { ledger } from './0001_ledger.ts'

/** Every step from an empty file to the present schema, in order: the first makes schema 1 out of schema 0. */
export const migrations: readonly string[] = [ledger]
