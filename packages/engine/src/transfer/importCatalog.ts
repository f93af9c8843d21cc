import { type Catalog, createCatalog } from '../core/catalog.ts'
import type { Store } from '../store/store.ts'

/** Adds to a store's catalog what it lacks of another; what it has stays as it is. */
export async function importCatalog(store: Store, { features, plans }: Catalog): Promise<void> {
  for (;;) {
    const saved = await store.catalog()
    const lacks = [features, plans].some((all, index) =>
      [...all.keys()].some((id) => !(index === 0 ? saved?.features : saved?.plans)?.has(id)),
    )
    if (saved !== null && !lacks) return
    const version = saved?.version ?? 0
    const all = createCatalog(
      version + 1,
      new Map([...features, ...(saved?.features ?? [])]).values(),
      new Map([...plans, ...(saved?.plans ?? [])]).values(),
    )
    if (await store.saveCatalog(all, version)) return
  }
}
