import { openEngine } from '@tollgate/engine'
import { autumnApi } from '@tollgate/engine/http'
import { defineFeatures, definePlans, included, metered } from '@tollgate/features'
import { describe, expect, it } from 'vitest'
import { features, plans } from '../backend.contract.ts'
import { catalogDrift } from './drift.ts'

describe('catalogDrift', () => {
  const secretKey = 'am_sk_test_secret'

  async function server() {
    const engine = await openEngine({ features, plans, url: 'memory:' })
    const app = autumnApi(engine, { secretKeys: [secretKey] })
    return { secretKey, url: 'http://autumn.test', fetch: async (request: Request) => app.fetch(request) }
  }

  it('finds nothing between a registry and the server that was given it', async () => {
    expect(await catalogDrift({ ...(await server()), features, plans })).toEqual([])
  })

  it('names what differs, what is missing and what is more', async () => {
    const own = defineFeatures({ messages: metered({ consumable: false }), videos: metered() })
    const offered = definePlans(own, { free: { name: 'Starter', autoEnable: true, items: { videos: included(3).per('day') } } })
    const drift = await catalogDrift({ ...(await server()), features: own, plans: offered })
    expect(drift).toContain("feature 'messages': consumable is false in the registry, and true in Autumn")
    expect(drift).toContain("feature 'videos' is in the registry, and not in Autumn")
    expect(drift).toContain("feature 'credits' is in Autumn, and not in the registry")
    expect(drift).toContain(`plan 'free': name is "Starter" in the registry, and "Free" in Autumn`)
    expect(drift).toContain("plan 'pro' is in Autumn, and not in the registry")
  })
})
