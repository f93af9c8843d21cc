import { defineFeatures, definePlans, included, metered } from '@tollgate/features'
import { describe, expect, it } from 'vitest'
import { openEngine } from './openEngine.ts'
import { temporaryFolder } from './store/sqlite/folder.fixture.ts'

const features = defineFeatures({ messages: metered() })
const plansOf = (units: number) =>
  definePlans(features, { free: { name: 'Free', autoEnable: true, items: { messages: included(units).per('month') } } })

describe('opening an engine', () => {
  it('names the way out when the URL names no store', async () => {
    await expect(openEngine({ url: 'usage.db' })).rejects.toThrow(/'usage.db' names no store: write file:usage.db, memory: or postgres:/)
  })

  it('begins with the registry, and customers keep the version of a plan that they hold', async () => {
    const url = `file:${temporaryFolder()}/usage.db`
    const first = await openEngine({ url, features, plans: plansOf(10) })
    await first.execute('ann', { kind: 'touch' }, { create: true })
    await first.close()
    const second = await openEngine({ url, features, plans: plansOf(20) })
    await second.execute('bob', { kind: 'touch' }, { create: true })
    const granted = async (id: string) => (await second.customer(id))?.grants.map((grant) => Number(grant.granted / 10_000_000_000n))
    expect([await granted('ann'), await granted('bob')]).toEqual([[10], [20]])
    expect((await second.customer('ann'))?.subscriptions).toMatchObject([{ planVersion: 1 }])
    expect([second.catalog.version, second.catalog.plans.get('free')?.version]).toEqual([2, 2])
    await second.close()
  })

  it('without a registry has what the store holds', async () => {
    const url = `file:${temporaryFolder()}/usage.db`
    const first = await openEngine({ url, features, plans: plansOf(10) })
    await first.close()
    const second = await openEngine({ url })
    expect([...second.catalog.plans.keys()]).toEqual(['free'])
    await second.close()
  })
})
