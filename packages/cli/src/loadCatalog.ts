import type { Features, Plans } from '@tollgate/features'
import { Fault } from './fault.ts'
import { type Exports, loadModule } from './loadModule.ts'

export interface LoadedCatalog {
  readonly features: Features
  readonly plans: Plans
}

/** Loads a registry module that exports `features` and, if there are any, `plans`. */
export async function loadCatalog(path: string): Promise<LoadedCatalog> {
  const { features, plans } = catalogOf(await loadModule(path, 'catalog'), path)
  return { features, plans: plans ?? {} }
}

/** The registry among the exports of a module; null for plans that it does not export. */
export function catalogOf(exports: Exports, path: string): { readonly features: Features; readonly plans: Plans | null } {
  const { features, plans = null } = exports
  if (!isRecord(features)) throw new Fault(`the catalog ${path} must export 'features', as defineFeatures() makes them`)
  if (plans !== null && !isRecord(plans)) throw new Fault(`the catalog ${path} exports 'plans' that definePlans() did not make`)
  // Both were checked by `defineFeatures` and `definePlans` when the module ran; a hand-made object fails when the engine opens.
  return { features: features as Features, plans: plans as Plans | null }
}

function isRecord(value: unknown): value is Exports {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
