import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { amountOf, openEngine } from '@tollgate/engine'
import { defineFeatures, definePlans, included, metered } from '@tollgate/features'

const main = new URL('main.ts', import.meta.url).pathname
const features = defineFeatures({ messages: metered() })
const plans = definePlans(features, { free: { name: 'Free', autoEnable: true, items: { messages: included(20).per('month') } } })

/** Runs the command in a folder, to its end. */
export function tollgateIn(folder: string, args: readonly string[], input = '') {
  return spawnSync(process.execPath, ['--conditions=@tollgate/source', main, ...args], { cwd: folder, encoding: 'utf8', input })
}

/** Makes `usage.db` in a folder: the customer acme has used two messages three times. */
export async function ledgerOfThreeUses(folder: string): Promise<void> {
  const engine = await openEngine({ features, plans, url: `file:${join(folder, 'usage.db')}` })
  const track = { kind: 'track', entityId: null, overage: 'reject', eventName: null, properties: null, timestamp: null } as const
  for (let use = 0; use < 3; use++) {
    await engine.execute('acme', { ...track, items: [{ featureId: 'messages', units: amountOf(2) }] }, { create: true })
  }
  await engine.close()
}
