import { type Amount, amountOf, unitsOf } from '@tollgate/engine'
import { usesOf } from '../backends/embedded/receiptOf.ts'
import { denialOf } from '../denialError.ts'
import type { WorldControl } from './simulated.ts'
import { isDenied, type Run, type Story, wordOf } from './story.ts'

/** A promise that was not kept. */
export interface Violation {
  /** 2: exact admission. 3: once. 4: the resolver's fate is the ledger's. 6: every hold ends. 8: a denied call changes nothing. */
  readonly promise: 2 | 3 | 4 | 6 | 8
  readonly sentence: string
}

export interface JudgeOptions {
  /** Units that one chunk of a stream costs, by path. */
  readonly chunks: Readonly<Record<string, number>>
}

/** Compares what happened with what the ledger says of it. */
export async function judge(control: WorldControl, stories: readonly Story[], options: JudgeOptions): Promise<readonly Violation[]> {
  const violations: Violation[] = control.wrongRefusals.map((units) => ({
    promise: 2,
    sentence: `${units} were refused although they were there`,
  }))
  for (const story of stories) violations.push(...judgeStory(story, options))
  for (const customerId of new Set(stories.map((story) => story.caller.customerId))) {
    const own = stories.filter((story) => story.caller.customerId === customerId)
    violations.push(...(await judgeTotals(control, customerId, own, options)), ...(await judgeBalances(control, customerId, own)))
  }
  return violations
}

/** Holds that are left when all of them must have expired. */
export async function judgeHolds(control: WorldControl, stories: readonly Story[]): Promise<readonly Violation[]> {
  const customers = [...new Set(stories.map((story) => story.caller.customerId))]
  const held = await Promise.all(customers.map(async (id) => ((await control.engine.customer(id))?.holds.length ?? 0) > 0))
  return customers.filter((_, index) => held[index]).map((id) => ({ promise: 6, sentence: `a hold of ${id} did not end` }))
}

function judgeStory(story: Story, options: JudgeOptions): readonly Violation[] {
  const name = `call ${story.index} of ${story.path}`
  const violations: Violation[] = []
  const answers = story.attempts.flatMap(({ outcome }) => (outcome?.kind === 'answered' ? [JSON.stringify(outcome.answer)] : []))
  if (answers.length > 0 && story.runs.every(({ fate }) => fate === 'threw'))
    violations.push({ promise: 4, sentence: `${name} was answered although its resolver never finished` })
  for (const attempt of story.attempts) {
    const hasRun = story.runs.some((run) => run.attempt === attempt)
    if (attempt.isCharged && isDenied(attempt) && !hasRun)
      violations.push({ promise: 8, sentence: `${name} was charged although it was denied (${wordOf(attempt)})` })
  }
  if (story.operationId === null) return violations

  const charging = story.runs.filter((run) => chargesFor(story, run, options) !== 0)
  if (charging.length > 1) violations.push({ promise: 3, sentence: `${name} did its work ${charging.length} times under one operation id` })
  if (new Set(answers).size > 1) violations.push({ promise: 3, sentence: `${name} was answered differently under one operation id` })
  return violations
}

/** What the ledger records for a customer must be what its finished calls cost. */
async function judgeTotals(
  { engine }: WorldControl,
  customerId: string,
  stories: readonly Story[],
  options: JudgeOptions,
): Promise<readonly Violation[]> {
  if (stories.some((story) => story.nested || story.runs.some((run) => chargesFor(story, run, options) === 'unknown'))) return []
  const owed = new Map<string, Amount>()
  for (const story of stories) {
    for (const { featureId, units } of story.cost) {
      const sum = story.runs.reduce((total, run) => {
        const times = chargesFor(story, run, options)
        return times === 'unknown' ? total : total + amountOf(run.isStream ? times : times * units)
      }, 0n)
      owed.set(featureId, (owed.get(featureId) ?? 0n) + sum)
    }
  }
  const used = new Map<string, Amount>()
  const { items } = await engine.entries({ customerId, order: 'oldest', limit: 10_000 })
  for (const use of items.flatMap(usesOf)) used.set(use.featureId, (used.get(use.featureId) ?? 0n) + use.units)
  return [...new Set([...owed.keys(), ...used.keys()])].flatMap((featureId): readonly Violation[] => {
    const [due, recorded] = [owed.get(featureId) ?? 0n, used.get(featureId) ?? 0n]
    if (due === recorded) return []
    const how = recorded > due ? 'more than' : 'less than'
    const sentence = `${customerId} was charged ${unitsOf(recorded)} ${featureId}, ${how} the ${unitsOf(due)} that its finished calls cost`
    return [{ promise: 4, sentence }]
  })
}

/** No more was used than there was; calls that an outage policy let through are the exception that their owner chose. */
async function judgeBalances(control: WorldControl, customerId: string, stories: readonly Story[]): Promise<readonly Violation[]> {
  const { truth, leftInDoubt } = control
  if (leftInDoubt || stories.some(({ nested, runs }) => nested || runs.some(({ isLetThrough }) => isLetThrough))) return []
  const access = await truth.access({ customerId, entityId: null })
  return Object.values(access.features).flatMap((feature): readonly Violation[] => {
    if (feature === undefined || feature.type === 'boolean' || feature.unlimited || feature.overageLeft !== 0) return []
    if (feature.used <= feature.granted) return []
    return [{ promise: 2, sentence: `${customerId} used ${feature.used} ${feature.featureId} of ${feature.granted}` }]
  })
}

/** How often a run is to be charged: not, once, or for a stream the units that it delivered. */
function chargesFor({ path }: Story, { attempt, fate, isStream }: Run, { chunks }: JudgeOptions): number | 'unknown' {
  if (isStream) {
    const units = chunks[path]
    return units === undefined ? 'unknown' : attempt.delivered * units
  }
  if (fate !== 'finished') return 0
  const { outcome } = attempt
  // Work that was done is charged, unless its answer was refused afterwards; an outage while it was recorded refuses nothing for good.
  const isRefused = outcome?.kind === 'failed' && denialOf(outcome.error)?.reason !== 'outage'
  return isRefused ? 0 : 1
}
