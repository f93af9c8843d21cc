import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { amountOf, unitsOf } from './core/amount.ts'
import { createAudit } from './core/audit.ts'
import { balanceOf } from './core/balance.ts'
import type { Commit, Refund, Release, Reserve, Track } from './core/command.ts'
import type { Entry } from './core/entry.ts'
import { catalogOf, item, metered, plan, pool } from './core/testing/catalogs.contract.ts'
import { createEngine, type Engine, type EngineOptions } from './engine.ts'
import { memoryStore } from './store/memory/memoryStore.ts'
import type { Store, Work } from './store/store.ts'

const MINUTE = 60_000
const DAY = 86_400_000
const NOW = Date.parse('2026-01-15T10:00:00.000Z')
const catalog = catalogOf(
  [metered('messages'), metered('images'), pool('credits', { images: 10 })],
  [plan('free', [item('messages', 10, 'month'), item('credits', 100, 'month')], { autoEnable: true })],
)

function started(more: Partial<EngineOptions> = {}) {
  const clock = { now: NOW }
  const store = more.store ?? memoryStore(() => clock.now)
  const engine = createEngine({ catalog, clock: () => clock.now, ...more, store })
  return { engine, clock, store }
}

const track = (units: number, featureId = 'messages', overage: Track['overage'] = 'cap'): Track => ({
  kind: 'track',
  items: [{ featureId, units: amountOf(units) }],
  entityId: null,
  overage,
  eventName: null,
  properties: null,
  timestamp: null,
})
const reserve = (holdId: string, units: number, more: Partial<Reserve> = {}): Reserve => ({
  kind: 'reserve',
  holdId,
  operation: null,
  items: [{ featureId: 'messages', units: amountOf(units) }],
  entityId: null,
  overage: 'reject',
  expiresAt: NOW + MINUTE,
  properties: null,
  ...more,
})
const commit = (holdId: string): Commit => ({ kind: 'commit', holdId, units: [], overage: null, properties: null })
const release = (holdId: string): Release => ({ kind: 'release', holdId })

async function left(engine: Engine, featureId = 'messages', customerId = 'c1'): Promise<number> {
  const customer = await engine.customer(customerId)
  const balance = customer && balanceOf(customer, featureId, { entityId: null }, engine.now() + customer.clockOffsetMs)
  return unitsOf(balance?.remaining ?? 0n)
}

describe('an engine', () => {
  it('admits exactly as many concurrent calls as the balance holds', async () => {
    for (const [units, expected] of [
      [1, 10],
      [3, 3],
      [10, 1],
      [11, 0],
    ] as const) {
      const { engine } = started()
      const answers = await Promise.all(
        Array.from({ length: 150 }, (_, n) => engine.execute('c1', reserve(`h${n}`, units), { create: true })),
      )
      expect(answers.filter((answer) => answer.ok)).toHaveLength(expected)
    }
  })

  it('decides the commands of one turn in the order in which they came, each on the state that the one before left', async () => {
    const { engine } = started()
    const commands = [track(4), track(-1), track(100), track(-2)]
    const answers = await Promise.all(commands.map((command) => engine.execute('c1', command, { create: true })))
    expect(answers.map((answer) => answer.ok && answer.uses.flatMap((use) => use.payments.map((each) => unitsOf(each.amount))))).toEqual([
      [4],
      [-1],
      [7],
      [-2],
    ])
    expect(answers.map((answer) => answer.customer?.seq)).toEqual([1, 2, 3, 4])
  })

  it('takes all commands of one turn in one transaction, and those that come meanwhile in the next', async () => {
    const inner = memoryStore()
    const sizes: number[] = []
    const store: Store = {
      ...inner,
      async transact(works) {
        sizes.push(works.length)
        await nextTurn()
        await inner.transact(works)
      },
    }
    const { engine } = started({ store })
    const first = Array.from({ length: 5 }, () => engine.execute('c1', track(1), { create: true }))
    await nextTurn()
    const second = Array.from({ length: 3 }, () => engine.execute('c2', track(1), { create: true }))
    await Promise.all([...first, ...second])
    expect(sizes).toEqual([5, 3])
  })

  it('creates a customer on the way, with the plans that enable themselves, if it is told to', async () => {
    const { engine } = started()
    expect(await engine.execute('c1', track(1))).toMatchObject({ ok: false, code: 'customer_not_found', customerId: 'c1' })
    expect(await engine.customer('c1')).toBeNull()
    await engine.execute('c1', track(1), { create: { name: 'Ada', metadata: { tier: 1 } } })
    expect(await engine.customer('c1')).toMatchObject({ name: 'Ada', metadata: { tier: 1 }, subscriptions: [{ planId: 'free' }] })
  })

  it('keeps a customer that it created for a call which was then refused', async () => {
    const { engine } = started()
    expect(await engine.execute('c1', reserve('h', 11), { create: true })).toMatchObject({ code: 'short' })
    expect(await left(engine)).toBe(10)
  })

  it('records nothing for a refusal, and answers with the customer as it is', async () => {
    const { engine } = started()
    await engine.execute('c1', track(1), { create: true })
    const before = await engine.customer('c1')
    expect(await engine.execute('c1', reserve('h', 10))).toMatchObject({ ok: false, customer: { seq: 1 } })
    expect(await engine.customer('c1')).toEqual(before)
    expect((await engine.entries({ customerId: 'c1', order: 'oldest', limit: 10 })).items).toHaveLength(1)
  })

  it('answers a check without a write, from the present', async () => {
    const { engine, clock } = started()
    await engine.execute('c1', track(10), { create: true })
    const items = [{ featureId: 'messages', units: amountOf(10) }]
    const asked = { items, entityId: null, properties: null }
    expect(await engine.check('c1', asked)).toMatchObject({ allowed: false })
    clock.now += 31 * DAY
    expect(await engine.check('c1', asked)).toMatchObject({ allowed: true, customer: { seq: 1 } })
    expect(await engine.check('nobody', asked)).toMatchObject({ code: 'customer_not_found' })
  })

  it("moves one customer's clock and no other's", async () => {
    const { engine } = started()
    for (const id of ['c1', 'c2']) await engine.execute(id, track(10), { create: true })
    await engine.execute('c1', { kind: 'move_clock', offsetMs: 31 * DAY })
    expect([await left(engine), await left(engine, 'messages', 'c2')]).toEqual([10, 0])
    await engine.execute('c1', track(1))
    const { items } = await engine.entries({ customerId: 'c1', order: 'newest', limit: 1 })
    expect(items).toMatchObject([{ at: NOW + 31 * DAY }])
  })

  it('goes on counting entries of a customer that was deleted and created again', async () => {
    const { engine } = started()
    await engine.execute('c1', track(4), { create: true })
    await engine.execute('c1', { kind: 'delete_customer' })
    expect(await engine.customer('c1')).toBeNull()
    expect(await engine.execute('c1', track(1))).toMatchObject({ code: 'customer_not_found' })
    expect(await engine.execute('c1', track(1), { create: true })).toMatchObject({ customer: { seq: 3 } })
    expect(await left(engine)).toBe(9)
    const { items } = await engine.entries({ customerId: 'c1', order: 'oldest', limit: 10 })
    const audit = createAudit()
    for (const entry of items) audit.add(entry)
    expect(audit.state).toEqual(await engine.customer('c1'))
  })

  it('lets a mistake of one command fail no other of its turn', async () => {
    const { engine } = started()
    const [wrong, right] = await Promise.allSettled([
      engine.execute('c1', { kind: 'move_clock', offsetMs: Number.NaN }, { create: true }),
      engine.execute('c1', track(1), { create: true }),
    ])
    expect(wrong).toMatchObject({ status: 'rejected', reason: { name: 'InvalidCommandError' } })
    expect(right).toMatchObject({ status: 'fulfilled', value: { ok: true } })
  })

  it('records nothing that makes or loses units, and says where', async () => {
    const inner = memoryStore()
    // A store whose customers lost what a hold had put aside.
    const store: Store = {
      ...inner,
      transact: (works) =>
        inner.transact(
          works.map((work): Work => {
            return {
              ...work,
              run: (state, operation) =>
                work.run(state && { ...state, grants: state.grants.map((grant) => ({ ...grant, held: 0n })) }, operation),
            }
          }),
        ),
    }
    const { engine } = started({ store })
    await engine.execute('c1', reserve('h', 4), { create: true })
    await expect(engine.execute('c1', { kind: 'create_entity', entityId: 'e', name: null, featureId: 'messages' })).rejects.toThrow(
      /customer 'c1', entry 2: grant '.*' holds 0, but the open holds on it come to 40000000000/,
    )
    expect((await engine.entries({ order: 'oldest', limit: 10 })).items).toHaveLength(1)
  })

  it('changes the catalog for the commands that follow, whether or not one was saved before', async () => {
    const { engine, store } = started()
    const next = await engine.changeCatalog((before) => ({ ...before, version: before.version + 1, plans: new Map() }))
    expect([engine.catalog, await store.catalog()]).toEqual([next, next])
    await engine.execute('c1', { kind: 'touch' }, { create: true })
    expect((await engine.customer('c1'))?.subscriptions).toEqual([])
    expect((await engine.changeCatalog((before) => ({ ...before, version: before.version + 1 }))).version).toBe(next.version + 1)
  })
})

describe('listeners', () => {
  it('hear of every change after it is durable, until they stop', async () => {
    const { engine } = started()
    const heard: Entry[] = []
    const stop = engine.watch(({ entry, customer }) => {
      expect(customer.seq).toBe(entry.seq)
      heard.push(entry)
    })
    await engine.execute('c1', track(1), { create: true })
    await engine.execute('c1', reserve('h', 100))
    await engine.check('c1', { items: [], entityId: null, properties: null })
    stop()
    await engine.execute('c1', track(1))
    expect(heard.map((entry) => entry.seq)).toEqual([1])
  })

  it('that throw keep nobody waiting', async () => {
    const { engine } = started()
    const thrown = vi.fn()
    process.setUncaughtExceptionCaptureCallback(thrown)
    try {
      engine.watch(() => {
        throw new Error('a mistake of the listener')
      })
      const answers = await Promise.all([1, 2].map(() => engine.execute('c1', track(1), { create: true })))
      expect(answers.map((answer) => answer.ok)).toEqual([true, true])
      await nextTurn()
      expect(thrown).toHaveBeenCalledTimes(2)
    } finally {
      process.setUncaughtExceptionCaptureCallback(null)
    }
  })
})

describe('while the disk is at work', () => {
  /** A store that has written each batch when it is handed in, and waits for the disk until it is told that it is there. */
  function onSlowDisk() {
    const inner = memoryStore(() => NOW)
    const disk: PromiseWithResolvers<void>[] = []
    const store: Store = {
      ...inner,
      transact(works, whenWritten) {
        inner.transact(works)
        whenWritten?.()
        const wait = Promise.withResolvers<void>()
        disk.push(wait)
        return wait.promise
      },
    }
    const log: string[] = []
    const logged = <T extends { readonly ok: boolean }>(name: string, answer: Promise<T>): Promise<void> =>
      answer.then(
        ({ ok }) => void log.push(`${name}: ${ok ? 'ok' : 'refused'}`),
        () => void log.push(`${name}: failed`),
      )
    return { ...started({ store }), disk, log, logged }
  }
  const relaxed = { create: true, relaxed: true } as const

  it('answers holds, lets what is used up wait, and gathers the next turn', async () => {
    const { engine, disk, log, logged } = onSlowDisk()
    const first = [
      logged('hold', engine.execute('c1', reserve('h', 4), relaxed)),
      logged('use', engine.execute('c1', track(4), { create: true })),
    ]
    await nextTurn()
    await nextTurn()
    expect(log).toEqual(['hold: ok'])
    const second = [logged('commit', engine.execute('c1', commit('h')))]
    await nextTurn()
    second.push(logged('too much', engine.execute('c1', reserve('i', 3), relaxed)))
    await nextTurn()
    expect([log, disk.length]).toEqual([['hold: ok'], 1])
    disk[0]?.resolve()
    await first[1]
    await nextTurn()
    await nextTurn()
    expect([log, disk.length]).toEqual([['hold: ok', 'use: ok', 'too much: refused'], 2])
    disk[1]?.resolve()
    await Promise.all([...first, ...second])
    expect(log).toEqual(['hold: ok', 'use: ok', 'too much: refused', 'commit: ok'])
  })

  it('tells what changed in the order of the ledger, and only once it is durable', async () => {
    const { engine, disk } = onSlowDisk()
    const heard: number[] = []
    engine.watch(({ entry }) => heard.push(entry.seq))
    const use = engine.execute('c1', track(1), { create: true })
    await engine.execute('c1', reserve('h', 1), relaxed)
    expect(heard).toEqual([])
    disk[0]?.resolve()
    await use
    expect(heard).toEqual([1, 2])
  })

  it('does not tell a repeat what is not durable yet', async () => {
    const { engine, disk, log, logged } = onSlowDisk()
    const operation = { id: 'op', fingerprint: 'a' }
    const use = logged('use', engine.execute('c1', track(1), { create: true, operation, result: 'done' }))
    const repeat = logged('repeat', engine.execute('c1', reserve('h', 1, { operation }), { operation, relaxed: true }))
    await nextTurn()
    await nextTurn()
    expect(log).toEqual([])
    disk[0]?.resolve()
    await Promise.all([use, repeat])
    expect(log).toEqual(['use: ok', 'repeat: refused'])
  })

  it('that fails, fails what waits for it and nothing that was answered', async () => {
    const { engine, disk, log, logged } = onSlowDisk()
    const all = [
      logged('hold', engine.execute('c1', reserve('h', 1), relaxed)),
      logged('use', engine.execute('c1', track(1), { create: true })),
    ]
    await nextTurn()
    disk[0]?.reject(new Error('no disk'))
    await Promise.all(all)
    expect(log).toEqual(['hold: ok', 'use: failed'])
  })

  it('is waited for when the engine is closed', async () => {
    const { engine, disk, log, logged } = onSlowDisk()
    const use = logged('use', engine.execute('c1', track(1), { create: true }))
    await nextTurn()
    const closed = engine.close().then(() => log.push('closed'))
    await nextTurn()
    expect(log).toEqual([])
    disk[0]?.resolve()
    await Promise.all([use, closed])
    expect(log).toEqual(['use: ok', 'closed'])
  })
})

describe('an operation id', () => {
  const operation = { id: 'op', fingerprint: 'a' }

  it('takes effect once, and remembers what was stored with it', async () => {
    const { engine } = started()
    const options = { create: true, operation, result: '{"answer":1}' } as const
    const answers = await Promise.all([1, 2, 3].map(() => engine.execute('c1', track(2), options)))
    expect(answers.map((answer) => (answer.ok ? 'ok' : answer.code))).toEqual(['ok', 'operation_done', 'operation_done'])
    expect(answers[1]).toMatchObject({ operation: { status: 'done', seq: 1, result: '{"answer":1}' } })
    expect(await left(engine)).toBe(8)
  })

  it('with another input, or for another customer, is a conflict', async () => {
    const { engine } = started()
    await engine.execute('c1', track(2), { create: true, operation })
    const other = { operation: { id: 'op', fingerprint: 'b' } }
    expect(await engine.execute('c1', track(3), other)).toMatchObject({ code: 'operation_conflict' })
    expect(await engine.execute('c2', track(2), { create: true, operation })).toMatchObject({ code: 'operation_conflict' })
    expect(await engine.customer('c2')).toBeNull()
  })

  it('of a call that runs is told apart from one that is done', async () => {
    const { engine } = started()
    await engine.execute('c1', reserve('h1', 2, { operation }), { create: true, operation })
    expect(await engine.execute('c1', reserve('h2', 2, { operation }), { operation })).toMatchObject({ code: 'operation_running' })
    await engine.execute('c1', commit('h1'), { result: 'done' })
    expect(await engine.execute('c1', reserve('h2', 2, { operation }), { operation })).toMatchObject({
      code: 'operation_done',
      operation: { result: 'done', holdId: 'h1' },
    })
    expect(await left(engine)).toBe(8)
  })

  it('may begin again after its call was released, refused or abandoned', async () => {
    const { engine, clock } = started()
    const again = async (holdId: string, units = 2) =>
      (await engine.execute('c1', reserve(holdId, units, { operation, expiresAt: clock.now + MINUTE }), { create: true, operation })).ok
    expect(await again('h0', 11)).toBe(false)
    expect(await again('h1')).toBe(true)
    await engine.execute('c1', release('h1'))
    expect(await again('h2')).toBe(true)
    expect(await again('h3')).toBe(false)
    clock.now += MINUTE
    expect(await again('h4')).toBe(true)
    expect(await left(engine)).toBe(8)
  })

  it('runs as long as its hold, and so does the one of a call that was extended', async () => {
    const { engine, clock } = started({ operationTtlMs: 30_000 })
    await engine.execute('c1', reserve('h', 2, { operation }), { create: true, operation })
    await engine.execute('c1', { kind: 'extend', holdId: 'h', items: [], expiresAt: NOW + 10 * MINUTE })
    clock.now += 5 * MINUTE
    for (const customer of ['c1', 'c2']) {
      const answer = await engine.execute(customer, reserve('i', 1, { operation }), { create: true, operation })
      expect(answer).toMatchObject({ ok: false, operation: { status: 'running' } })
    }
    await engine.execute('c1', commit('h'))
    expect(await engine.execute('c1', track(1), { operation })).toMatchObject({ code: 'operation_done' })
  })

  it('is forgotten after its time', async () => {
    const { engine, clock } = started({ operationTtlMs: 1000 })
    await engine.execute('c1', track(1), { create: true, operation })
    clock.now += 1000
    expect((await engine.execute('c1', track(1), { operation })).ok).toBe(true)
  })

  it('that is reusable begins again once it has ended, whoever used it', async () => {
    const { engine } = started()
    const lock = { ...operation, reusable: true }
    await engine.execute('c1', reserve('h', 1, { operation }), { create: true, operation: lock })
    for (const customer of ['c1', 'c2']) {
      const answer = await engine.execute(customer, reserve('i', 1, { operation }), { create: true, operation: lock })
      expect(answer).toMatchObject({ code: 'operation_running' })
    }
    await engine.execute('c1', commit('h'))
    expect((await engine.execute('c2', reserve('h', 1, { operation }), { create: true, operation: lock })).ok).toBe(true)
  })

  it('names the entry that its units are in, from which they can be given back once', async () => {
    const { engine } = started()
    await engine.execute('c1', track(3, 'images'), { create: true, operation })
    expect(await left(engine, 'credits')).toBe(70)
    const known = await engine.operation('op')
    const entry = known?.seq == null ? null : await engine.entry('c1', known.seq)
    expect(entry?.operationId).toBe('op')
    const uses = (entry?.changes ?? []).flatMap((change) => (change.kind === 'used' ? [change.use] : []))
    const refund: Refund = { kind: 'refund', ofOperationId: 'op', uses }
    const once = { operation: { id: 'refund of op', fingerprint: '' } }
    const answers = [await engine.execute('c1', refund, once), await engine.execute('c1', refund, once)]
    expect(answers.map((answer) => answer.ok)).toEqual([true, false])
    expect(await left(engine, 'credits')).toBe(100)
  })
})

describe('a claim', () => {
  it('is used up by the command that succeeds with it, and by no other', async () => {
    const { engine } = started()
    const claims = [{ id: 'key', fingerprint: '', result: (answer: { readonly ok: boolean }) => `ok: ${answer.ok}` }]
    expect(await engine.execute('c1', reserve('h', 11), { create: true, claims })).toMatchObject({ code: 'short' })
    expect(await engine.operation('key')).toBeNull()
    expect((await engine.execute('c1', track(1), { claims })).ok).toBe(true)
    expect(await engine.operation('key')).toMatchObject({ status: 'done', result: 'ok: true' })
    expect(await engine.execute('c1', track(1), { claims })).toMatchObject({ code: 'operation_done' })
    expect(await left(engine)).toBe(9)
  })

  it('of two commands in one turn lets one through', async () => {
    const { engine } = started()
    const claims = [{ id: 'key', fingerprint: '' }]
    const answers = await Promise.all(['c1', 'c2'].map((id) => engine.execute(id, track(1), { create: true, claims })))
    expect(answers.map((answer) => answer.ok)).toEqual([true, false])
  })

  it('may stand alone', async () => {
    const { engine } = started()
    expect(await engine.claim({ id: 'key', fingerprint: 'a' }, 'stored')).toBeNull()
    expect(await engine.claim({ id: 'key', fingerprint: 'b' })).toMatchObject({ fingerprint: 'a', result: 'stored' })
  })
})

describe('closing', () => {
  it('finishes what is under way, takes nothing more, and gives up the store', async () => {
    const inner = memoryStore()
    let closed = false
    const store: Store = {
      ...inner,
      async transact(works) {
        await nextTurn()
        await inner.transact(works)
      },
      close() {
        closed = true
      },
    }
    const { engine } = started({ store })
    const answers = Array.from({ length: 3 }, () => engine.execute('c1', track(1), { create: true }))
    await engine.close()
    expect(closed).toBe(true)
    expect((await Promise.all(answers)).map((answer) => answer.ok)).toEqual([true, true, true])
    await expect(engine.execute('c1', track(1))).rejects.toThrow('the engine is closed')
  })

  it('lets a store that failed fail the commands of its batch, and go on with the next', async () => {
    const inner = memoryStore()
    let failing = true
    for (const fail of [
      () => Promise.reject(new Error('no disk')),
      () => {
        throw new Error('no disk')
      },
    ]) {
      failing = true
      const store: Store = { ...inner, transact: (works) => (failing ? fail() : inner.transact(works)) }
      const { engine } = started({ store })
      const outcomes = await Promise.allSettled([1, 2].map(() => engine.execute('c1', track(1), { create: true })))
      expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected'])
      failing = false
      expect((await engine.execute('c1', track(1), { create: true })).ok).toBe(true)
    }
  })
})
