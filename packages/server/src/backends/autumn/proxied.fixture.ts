import { type FaultProxy, startFaultProxy } from '../../testing/faultProxy.ts'
import { startAutumn, type TestAutumn, type TestAutumnOptions } from './autumn.fixture.ts'

/** Autumn's API behind a proxy, reached over a socket. */
export interface ProxiedAutumn extends TestAutumn {
  readonly proxy: FaultProxy
}

/** A backend whose customer `acme` exists, and whose client is loaded: that is no part of a call's budget. */
export async function startProxied(options: TestAutumnOptions = {}): Promise<ProxiedAutumn> {
  let serve = (_: Request): Promise<Response> => Promise.reject(new Error('nothing was asked yet'))
  const proxy = await startFaultProxy((request) => serve(request))
  const test = await startAutumn({
    settle: 'await',
    between(request, forward) {
      serve = forward
      const { pathname } = new URL(request.url)
      return fetch(new Request(`${proxy.url}${pathname}`, request))
    },
    ...options,
  })
  // On a busy machine the first answers may take longer than the budget.
  for (let i = 0; i < 20 && test.requests.length === 0; i++) await test.backend.access(acme).catch(() => undefined)
  await test.backend.access(acme)
  return {
    ...test,
    proxy,
    async close() {
      await test.close()
      await proxy.close()
    },
  }
}

const acme = { customerId: 'acme', entityId: null }
