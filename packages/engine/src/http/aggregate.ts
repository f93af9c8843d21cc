import { z } from 'zod'
import { type Amount, unitsOf } from '../core/amount.ts'
import { addIntervals, addMonths } from '../core/period.ts'
import { featureNotFound, invalidInputs, notOffered } from './apiError.ts'
import { type Call, nowOf } from './call.ts'
import { assertCustomer, type EventFilter, entriesOf, wantedEvents } from './events.ts'
import { instant, reference, text } from './fields.ts'
import { parseInput } from './input.ts'
import { ok, type Reply } from './reply.ts'
import type { LedgerEvent } from './wire/event.ts'

const DAY_MS = 86_400_000
const DAYS = { '24h': 1, '7d': 7, '30d': 30, '90d': 90 } as const
const MAX_BINS = 10_000
const DEFAULT_GROUPS = 9

const rangeInput = z.enum(['24h', '7d', '30d', '90d', 'last_cycle', '1bc', '3bc'])
const binInput = z.enum(['hour', 'day', 'week', 'month'])

const input = z.object({
  customer_id: reference.optional(),
  entity_id: reference.optional(),
  feature_id: z.union([reference, z.array(reference).min(1).max(100)]),
  group_by: text.min(1).max(256).optional(),
  range: rangeInput.optional(),
  bin_size: binInput.optional(),
  custom_range: z.object({ start: instant, end: instant }).optional(),
  filter_by: z
    .record(z.string(), text)
    .refine((filters) => Object.keys(filters).length <= 5, 'must have at most 5 filters')
    .default({}),
  max_groups: z.number().int().min(1).max(1_000).default(DEFAULT_GROUPS),
  aggregate_on: z.enum(['deducted']).optional(),
})

type BinSize = z.output<typeof binInput>

interface Bin {
  readonly period: number
  readonly events: LedgerEvent[]
}

/** `events.aggregate`: what was used of features in each hour, day, week or month of a range. All in UTC. */
export async function aggregateEvents(call: Call): Promise<Reply> {
  const body = parseInput(input, call.body)
  if (body.aggregate_on !== undefined) throw notOffered('aggregate_on: read the deductions from events.list')
  const { customer_id, entity_id, group_by, filter_by, max_groups } = body
  const featureIds = [body.feature_id].flat()
  for (const id of featureIds) if (!call.engine.catalog.features.has(id)) throw featureNotFound(id)
  await assertCustomer(call, customer_id)
  const range = body.custom_range ?? (await rangeOf(call, body.range ?? '24h', customer_id, featureIds))
  const bins = binsOf(range, body.bin_size ?? (body.range === '24h' ? 'hour' : 'day'))
  const filter: EventFilter = { customerId: customer_id, entityId: entity_id, featureIds, from: range.start, until: range.end + 1 }
  const events = (await eventsIn(call, filter)).filter((event) => matches(event, filter_by))
  for (const event of events) binAt(bins, event.at)?.events.push(event)
  const groups = group_by === undefined ? null : groupsOf(events, group_by, max_groups)
  return ok({
    list: bins.map(({ period, events: inBin }) => ({
      period,
      values: perFeature(featureIds, (id) => sumOf(inBin.filter((event) => event.featureId === id))),
      ...(groups ? { grouped_values: perFeature(featureIds, (id) => groups.sums(inBin.filter((event) => event.featureId === id))) } : {}),
    })),
    total: perFeature(featureIds, (id) => {
      const own = events.filter((event) => event.featureId === id)
      return { count: own.length, sum: sumOf(own) }
    }),
  })
}

async function eventsIn(call: Call, filter: EventFilter): Promise<readonly LedgerEvent[]> {
  const events: LedgerEvent[] = []
  const read = entriesOf(call, filter, 'oldest')
  for (let cursor: string | null = null; ; ) {
    const page = await read(cursor, 1_000)
    for (const entry of page.items) events.push(...wantedEvents(entry, filter))
    if (page.nextCursor === null) return events
    cursor = page.nextCursor
  }
}

interface Range {
  readonly start: number
  readonly end: number
}

/** The stretch of time that a range's name stands for; cycles are those of the first feature that has any. */
async function rangeOf(
  call: Call,
  range: z.output<typeof rangeInput>,
  customerId: string | undefined,
  featureIds: readonly string[],
): Promise<Range> {
  const customer = customerId === undefined ? null : await call.engine.customer(customerId)
  const now = customer ? nowOf(call, customer) : call.engine.now()
  if (range in DAYS) return { start: now - DAYS[range as keyof typeof DAYS] * DAY_MS, end: now }
  const cycling = customer?.grants.find(
    (grant) => featureIds.includes(grant.featureId) && grant.interval !== null && grant.nextResetAt !== null,
  )
  if (!cycling?.interval || cycling.nextResetAt === null) return { start: now - 30 * DAY_MS, end: now }
  const { interval, nextResetAt } = cycling
  if (range === 'last_cycle') return { start: addIntervals(nextResetAt, interval, -2), end: addIntervals(nextResetAt, interval, -1) - 1 }
  return { start: addIntervals(nextResetAt, interval, range === '1bc' ? -1 : -3), end: now }
}

function binsOf({ start, end }: Range, size: BinSize): readonly Bin[] {
  if (end < start) throw invalidInputs('custom_range: ends before it starts')
  const bins: Bin[] = []
  for (let period = binStart(start, size); period <= end; period = nextBin(period, size)) {
    if (bins.length === MAX_BINS) throw invalidInputs(`custom_range: has more than ${MAX_BINS} bins`)
    bins.push({ period, events: [] })
  }
  return bins
}

function binStart(at: number, size: BinSize): number {
  const date = new Date(at)
  date.setUTCMinutes(0, 0, 0)
  if (size !== 'hour') date.setUTCHours(0)
  // Weeks begin on Mondays.
  if (size === 'week') date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7))
  if (size === 'month') date.setUTCDate(1)
  return date.getTime()
}

function nextBin(period: number, size: BinSize): number {
  if (size === 'month') return addMonths(period, 1)
  return period + { hour: DAY_MS / 24, day: DAY_MS, week: 7 * DAY_MS }[size]
}

function binAt(bins: readonly Bin[], at: number): Bin | undefined {
  return bins.findLast((bin) => bin.period <= at)
}

interface Groups {
  /** The sum of each group; groups beyond the largest ones are one, `Other`. */
  sums(events: readonly LedgerEvent[]): { readonly [group: string]: number }
}

function groupsOf(events: readonly LedgerEvent[], groupBy: string, max: number): Groups {
  const totals = new Map<string, Amount>()
  for (const event of events) {
    const group = groupOf(event, groupBy)
    totals.set(group, (totals.get(group) ?? 0n) + event.units)
  }
  const largest = [...totals].sort(([, a], [, b]) => (a === b ? 0 : a < b ? 1 : -1)).slice(0, max)
  const kept = new Set(largest.map(([group]) => group))
  const names = [...kept, ...(totals.size > kept.size ? ['Other'] : [])]
  return {
    sums(inBin) {
      const sums = new Map<string, Amount>(names.map((name) => [name, 0n]))
      for (const event of inBin) {
        const group = groupOf(event, groupBy)
        const name = kept.has(group) ? group : 'Other'
        sums.set(name, (sums.get(name) ?? 0n) + event.units)
      }
      return Object.fromEntries([...sums].map(([name, amount]) => [name, unitsOf(amount)]))
    },
  }
}

function groupOf(event: LedgerEvent, groupBy: string): string {
  switch (groupBy.replace(/^\$/, '')) {
    case 'customer_id':
      return event.customerId
    case 'entity_id':
      return event.entityId ?? ''
    case 'plan_id':
      return event.payments[0]?.planId ?? ''
    default:
      return propertyOf(event, groupBy)
  }
}

function matches(event: LedgerEvent, filters: Readonly<Record<string, string>>): boolean {
  return Object.entries(filters).every(([name, value]) => propertyOf(event, name) === value)
}

function propertyOf({ properties }: LedgerEvent, name: string): string {
  const key = name.replace(/^properties\./, '')
  const value = Object.hasOwn(properties, key) ? properties[key] : undefined
  return value === undefined || value === null ? '' : String(value)
}

function perFeature<T>(featureIds: readonly string[], ofFeature: (id: string) => T): { readonly [featureId: string]: T } {
  return Object.fromEntries(featureIds.map((id) => [id, ofFeature(id)]))
}

function sumOf(events: readonly LedgerEvent[]): number {
  return unitsOf(events.reduce((sum, event) => sum + event.units, 0n))
}
