import type { BalanceAccess, CustomerAccess, FeatureAccess, Features } from '@tollgate/features'
import type { Balance } from 'autumn-js'
import type { Caller } from '../backend.ts'
import { accessOf, balanceAccess, type Holdings } from './accessOf.ts'

/** Units of a balance that this process has taken and not yet accounted for; in the balance's own units. Autumn shows them as used. */
export interface Aside {
  readonly poolId: string
  amount: number
  /** `held`: for a running call. `idle`: leased, and free for the next call. */
  readonly state: 'held' | 'idle'
}

/** What this process knows of its customers, from every answer that it gets. */
export interface AccessBook {
  /** The access as it was last known, if it was read within so many milliseconds. */
  fresh(caller: Caller, withinMs: number): CustomerAccess | null
  /** The access as it is known now, however old; null when it was never read whole. */
  known(caller: Caller): CustomerAccess | null
  /** Begins to read an access whole; give its answer to `finish`, which keeps what decisions have told meanwhile. */
  startRead(caller: Caller): (holdings: Holdings) => CustomerAccess
  /** Takes in the balances that came with an answer. */
  note(caller: Caller, balances: readonly Balance[]): void
  /** Takes in what this process knows before Autumn says it: units used, or given back when negative. */
  adjust(caller: Caller, poolId: string, used: number): void
  /** Counts units as set aside until they are taken off again. */
  setAside(caller: Caller, aside: Aside): void
  takeOff(caller: Caller, aside: Aside): void
  /** Calls back after each change. */
  watch(caller: Caller, listener: (access: CustomerAccess) => void): () => void
  /** Tells the listeners of a customer, when something was taken off or set aside. */
  tell(caller: Caller): void
}

interface Page {
  access: CustomerAccess | null
  readAt: number
  /** When each balance was last told, in the order of telling. */
  readonly toldAt: Map<string, number>
  readonly asides: Set<Aside>
  readonly listeners: Set<(access: CustomerAccess) => void>
}

/** The most customers that are remembered; the ones that were not asked for longest are forgotten first. */
const MOST_PAGES = 10_000

export function createAccessBook(features: Features, clock: () => number): AccessBook {
  const pages = new Map<string, Page>()
  let version = 0
  let order = 0

  const keyOf = ({ customerId, entityId }: Caller): string => JSON.stringify([customerId, entityId])
  // Real time, so that what another process or an earlier run has told is older; and never the same twice.
  const stamp = () => {
    version = Math.max(version + 1, Date.now())
    return { version, at: clock() }
  }

  const pageOf = (caller: Caller): Page => {
    const key = keyOf(caller)
    const page = pages.get(key) ?? { access: null, readAt: 0, toldAt: new Map(), asides: new Set(), listeners: new Set() }
    pages.delete(key)
    pages.set(key, page)
    if (pages.size > MOST_PAGES) forgetOne()
    return page
  }

  const forgetOne = (): void => {
    for (const [key, page] of pages) {
      if (page.asides.size > 0 || page.listeners.size > 0) continue
      pages.delete(key)
      return
    }
  }

  const shown = ({ access, asides }: Page): CustomerAccess | null => {
    if (access === null || asides.size === 0) return access
    const shownFeatures: Record<string, FeatureAccess | undefined> = { ...access.features }
    for (const { poolId, amount, state } of asides) {
      const balance = shownFeatures[poolId]
      if (balance === undefined || balance.type === 'boolean') continue
      shownFeatures[poolId] = state === 'held' ? movedToHeld(balance, amount) : movedBack(balance, amount)
    }
    return { ...access, features: shownFeatures as CustomerAccess['features'] }
  }

  const put = (page: Page, changed: readonly FeatureAccess[]): void => {
    if (page.access === null) return
    const merged = Object.fromEntries(changed.map((each) => [each.featureId, each]))
    page.access = { ...page.access, ...stamp(), features: { ...page.access.features, ...merged } }
  }

  const tellPage = (page: Page): void => {
    if (page.listeners.size === 0 || page.access === null) return
    page.access = { ...page.access, ...stamp() }
    const access = shown(page)
    if (access) for (const listener of page.listeners) listener(access)
  }

  return {
    fresh(caller, withinMs) {
      const page = pageOf(caller)
      return page.access !== null && clock() - page.readAt < withinMs ? shown(page) : null
    },
    known: (caller) => shown(pageOf(caller)),
    startRead(caller) {
      const startedAt = ++order
      return (holdings) => {
        const page = pageOf(caller)
        const read = accessOf(features, holdings, caller, stamp())
        const newer = [...page.toldAt].flatMap(([featureId, at]) => (at > startedAt ? (page.access?.features[featureId] ?? []) : []))
        page.access = { ...read, features: { ...read.features, ...Object.fromEntries(newer.map((each) => [each.featureId, each])) } }
        page.readAt = clock()
        tellPage(page)
        return shown(page) ?? read
      }
    },
    note(caller, balances) {
      const page = pageOf(caller)
      put(
        page,
        balances.map((balance) => withKnownLimits(balanceAccess(features, balance, {}), page.access)),
      )
      for (const { featureId } of balances) page.toldAt.set(featureId, ++order)
      tellPage(page)
    },
    adjust(caller, poolId, used) {
      const page = pageOf(caller)
      const balance = page.access?.features[poolId]
      if (balance === undefined || balance.type === 'boolean' || used === 0) return
      put(page, [{ ...balance, used: rounded(balance.used + used), remaining: Math.max(0, rounded(balance.remaining - used)) }])
      page.toldAt.set(poolId, ++order)
      tellPage(page)
    },
    setAside(caller, aside) {
      pageOf(caller).asides.add(aside)
    },
    takeOff(caller, aside) {
      pageOf(caller).asides.delete(aside)
    },
    watch(caller, listener) {
      const { listeners } = pageOf(caller)
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    tell: (caller) => tellPage(pageOf(caller)),
  }
}

/** The limits of a stretch of time are told with a whole customer alone: between two readings the last ones are kept, less what was used. */
function withKnownLimits(told: FeatureAccess, access: CustomerAccess | null): FeatureAccess {
  const before = access?.features[told.featureId]
  if (told.type === 'boolean' || before === undefined || before.type === 'boolean' || before.usageLimitLeft === 'unlimited') return told
  return { ...told, usageLimitLeft: Math.max(0, rounded(before.usageLimitLeft - (told.used - before.used))) }
}

function movedToHeld(balance: BalanceAccess, amount: number): BalanceAccess {
  return { ...balance, held: rounded(balance.held + amount), used: rounded(balance.used - amount) }
}

function movedBack(balance: BalanceAccess, amount: number): BalanceAccess {
  return { ...balance, remaining: rounded(balance.remaining + amount), used: rounded(balance.used - amount) }
}

/** Sums of doubles, shown: what an amount cannot keep is rounded off. */
function rounded(value: number): number {
  return Number(value.toFixed(10))
}
