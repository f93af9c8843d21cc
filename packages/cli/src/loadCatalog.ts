import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Features, Plans } from '@tollgate/features'
import { Fault, sentenceOf } from './fault.ts'

export interface LoadedCatalog {
  readonly features: Features
  readonly plans: Plans
}

/** Loads a registry module that exports `features` and, if there are any, `plans`: JavaScript, or TypeScript where Node runs it. */
export async function loadCatalog(path: string): Promise<LoadedCatalog> {
  const file = resolve(path)
  if (!existsSync(file)) throw new Fault(`there is no catalog at ${file}`)
  const module: unknown = await import(pathToFileURL(file).href).catch((error: unknown) => {
    throw new Fault(`the catalog ${file} cannot be loaded: ${sentenceOf(error)}`)
  })
  const { features, plans = {} } = module as { readonly features?: unknown; readonly plans?: unknown }
  if (!isRecord(features)) throw new Fault(`the catalog ${file} must export 'features', as defineFeatures() makes them`)
  if (!isRecord(plans)) throw new Fault(`the catalog ${file} exports 'plans' that definePlans() did not make`)
  // Both were checked by `defineFeatures` and `definePlans` when the module ran; a hand-made object fails when the engine opens.
  return { features: features as Features, plans: plans as Plans }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
