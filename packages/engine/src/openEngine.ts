import type { Features, Plans } from '@tollgate/features'
import { createCatalog } from './core/catalog.ts'
import { createEngine, type Engine, type EngineOptions } from './engine.ts'
import { catalogOf } from './registry.ts'
import { openStore } from './store/openStore.ts'

export interface OpenEngineOptions extends Pick<EngineOptions, 'clock' | 'operationTtlMs'> {
  /** Declared with `defineFeatures`; without it the catalog is what the store holds. */
  readonly features?: Features
  /** Declared with `definePlans`. */
  readonly plans?: Plans
  /** Where usage is kept: `file:usage.db`, `memory:` or `postgres://…`. */
  readonly url: string
  /** About how many customers stay in memory: 50,000 of a file's, 20,000 of PostgreSQL's unless said otherwise. */
  readonly cachedCustomers?: number
}

/** Opens the store that a URL names, lays the registry over its catalog, and starts an engine on it. Throws a sentence when it cannot. */
export async function openEngine(options: OpenEngineOptions): Promise<Engine> {
  const { features = {}, plans = {}, url, clock = Date.now, cachedCustomers, ...rest } = options
  const store = await openStore(url, clock, { cachedCustomers })
  try {
    for (;;) {
      const saved = await store.catalog()
      const before = saved ?? createCatalog(0, [], [])
      const catalog = catalogOf(features, plans, before, clock())
      // A new store keeps no catalog until there is something in it: version 0 stands for none.
      if (catalog === before || (await store.saveCatalog(catalog, saved?.version ?? 0)))
        return createEngine({ store, catalog, clock, ...rest })
    }
  } catch (error) {
    await store.close()
    throw error
  }
}
