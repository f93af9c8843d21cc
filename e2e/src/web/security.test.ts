import type { APIResponse, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Studio } from './startStudio.ts'
import { it } from './studioTest.ts'
import { accessOf, callAs, expectBalance } from './visitor.ts'

/** Sends a request from within the page, as a script that was slipped into it would. */
function send(page: Page, path: string, init: { readonly method?: string; readonly body?: unknown } = {}) {
  return page.evaluate(
    async ({ path: to, method, body }) => {
      const response = await fetch(to, { method, headers: { 'content-type': 'application/json' }, ...(body !== null && { body }) })
      return { status: response.status, text: await response.text() }
    },
    { path, method: init.method ?? 'POST', body: init.body === undefined ? null : JSON.stringify(init.body) },
  )
}

/** Waits until a refusal was written down. */
async function expectLogged(studio: Studio, line: Readonly<Record<string, unknown>>): Promise<void> {
  await expect.poll(() => studio.log()).toContainEqual(expect.objectContaining(line))
}

it("refuses another customer's data, in whatever way it is asked for", async ({ studio, visit }) => {
  const ada = await visit('ada')
  await callAs(ada, 'images.generate', { prompt: 'Moss', style: 'mosaic', n: 1, seed: 1 })
  await ada.goto('/images')
  const picture = await ada.getByRole('list', { name: 'Images' }).getByRole('img').first().getAttribute('src')

  const cleo = await visit('cleo')
  await cleo.goto('/images')
  expect((await send(cleo, picture ?? '', { method: 'GET' })).status).toBe(404)
  await expectLogged(studio, { level: 'warn', refused: 'work_not_found', orgId: 'ferry' })

  expect((await send(cleo, '/session/org', { method: 'PUT', body: { orgId: 'lighthouse' } })).status).toBe(403)
  await expectLogged(studio, { level: 'warn', refused: 403, orgId: 'ferry', asked: 'lighthouse' })

  // What names another customer is not what a procedure takes: the session alone says whose usage it is.
  const input = encodeURIComponent(JSON.stringify({ customerId: 'lighthouse' }))
  const refused = await send(cleo, `/trpc/usage.access?input=${input}`, { method: 'GET' })
  expect(refused).toMatchObject({ status: 400, text: expect.stringContaining('customerId') })
  await expectLogged(studio, { level: 'warn', refused: 'BAD_REQUEST', path: 'usage.access' })
  expect((await accessOf(cleo)).customerId).toBe('ferry')
})

it('takes a forged cookie for none', async ({ studio, visit }) => {
  const page = await visit('bo')
  const [cookie] = await page.context().cookies()
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax' })
  const forge = (value: string) => page.context().addCookies([{ name: 'studio_session', value, url: studio.url }])

  const [, signature = ''] = decodeURIComponent(cookie?.value ?? '').split('.')
  for (const value of [`ada lighthouse ${Date.now()}.${signature}`, `bo tidepool 1.${'A'.repeat(43)}=`, 'ada lighthouse 1', '{}']) {
    await forge(encodeURIComponent(value))
    const response: APIResponse = await page.context().request.get('/trpc/usage.access')
    expect(response.status(), value).toBe(401)
  }
  await expect.poll(() => studio.log().filter(({ refused }) => refused === 'forged_session').length).toBe(4)
  await expectLogged(studio, { level: 'warn', refused: 'UNAUTHORIZED', path: 'usage.access' })
  await page.goto('/images')
  await page.getByRole('heading', { name: 'Who are you today?' }).waitFor()
})

it('refuses a price, a balance or a customer in the body, and charges what it is', async ({ studio, visit }) => {
  const page = await visit('ada')
  await page.goto('/images')
  const wanted = { prompt: 'Moss', style: 'mosaic', n: 1, seed: 1 }
  for (const smuggled of [{ units: 0 }, { price: 0 }, { balance: 1_000 }, { customerId: 'ferry' }, { n: 0 }, { n: -4 }, { n: 0.1 }]) {
    const { status } = await send(page, '/trpc/images.generate', { body: { ...wanted, ...smuggled } })
    expect(status, JSON.stringify(smuggled)).toBe(400)
  }
  const more = [{ customerId: 'ferry' }, { price: 0 }, { freeTrial: { days: 900 } }, { customize: { price: 0 } }, { items: [] }]
  for (const smuggled of more) {
    const { status } = await send(page, '/trpc/plans.switch', { body: { planId: 'pro', ...smuggled } })
    expect(status, JSON.stringify(smuggled)).toBe(400)
  }
  expect((await send(page, '/trpc/plans.switch', { body: { planId: 'credit_pack' } })).status).toBe(400)
  for (const path of ['images.generate', 'plans.switch'])
    await expectLogged(studio, { level: 'warn', refused: 'BAD_REQUEST', path, orgId: 'lighthouse' })
  await expectBalance(page, 'credits', 100)
  expect((await accessOf(page)).plans).toMatchObject([{ planId: 'free' }])
})

it('lets nobody but an owner change the plan or the members', async ({ studio, visit }) => {
  const page = await visit('bo')
  await page.context().request.put('/session/org', { data: { orgId: 'lighthouse' } })
  await page.goto('/plans')
  for (const [path, body] of [
    ['plans.switch', { planId: 'pro' }],
    ['plans.buyCredits', {}],
    ['team.invite', { name: 'Eve', email: 'eve@lighthouse.example' }],
    ['team.remove', { personId: 'ada' }],
  ] as const) {
    expect((await send(page, `/trpc/${path}`, { body })).status, path).toBe(403)
    await expectLogged(studio, { level: 'warn', refused: 'FORBIDDEN', path, personId: 'bo', orgId: 'lighthouse' })
  }
  expect((await accessOf(page)).plans).toMatchObject([{ planId: 'free' }])
  expect((await accessOf(page)).features['seats']).toMatchObject({ used: 2 })
})

it('refuses a procedure that is called past its gate, or past its balance', async ({ studio, visit }) => {
  const page = await visit('ada')
  await page.goto('/export')
  for (const path of ['exports.works', 'exports.samlMetadata']) {
    const { status, text } = await send(page, `/trpc/${path}`, { body: {} })
    expect(status).toBe(403)
    expect(JSON.parse(text).error.data.denial).toMatchObject({
      reason: 'feature_not_in_plan',
      unlockedBy: [{ planId: 'pro', name: 'Pro' }],
    })
    await expectLogged(studio, { level: 'warn', refused: 'FORBIDDEN', path, orgId: 'lighthouse' })
  }
  const wanted = { prompt: 'Moss', style: 'mosaic', n: 6, seed: 1 }
  const batch = await send(page, '/trpc/images.generate,images.generate,images.generate?batch=1', {
    body: { 0: wanted, 1: wanted, 2: wanted },
  })
  const answers: readonly { readonly error?: unknown }[] = JSON.parse(batch.text)
  expect(answers.filter(({ error }) => error === undefined)).toHaveLength(1)
  await expectLogged(studio, { level: 'warn', refused: 'FORBIDDEN', path: 'images.generate', orgId: 'lighthouse' })
  await expectBalance(page, 'credits', 40)
})

it('does not let other sites act for a visitor, and tells nobody what went wrong inside', async ({ studio, visit }) => {
  const page = await visit('ada')
  const form = await page.context().request.post('/trpc/plans.buyCredits', {
    headers: { 'content-type': 'text/plain', origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' },
    data: '{}',
  })
  expect(form.status()).toBe(403)
  const refused = await page.context().request.post('/trpc/images.generate', { data: { n: 'x' } })
  expect(await refused.text()).not.toMatch(/node_modules|\.ts:\d/)
  const home = await page.context().request.get('/images', { headers: { accept: 'text/html' } })
  expect(home.headers()).toMatchObject({
    'content-security-policy': expect.stringContaining("default-src 'self'"),
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache',
  })
  await expectLogged(studio, { level: 'warn', refused: 'request' })
})
