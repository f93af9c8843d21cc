import type { Engine } from '@tollgate/engine'

/** Resolves when the next hold of the engine has ended. */
export function nextSettlement(engine: Engine): Promise<void> {
  return new Promise((resolve) => {
    const stop = engine.watch(({ entry }) => {
      if (!entry.changes.some((change) => change.kind === 'settled')) return
      stop()
      resolve()
    })
  })
}
