import type { BalanceDenial, Denial, NamedPlan, Shortage, UnreadDenial } from './decision.ts'
import type { Features } from './feature.ts'
import { featureName } from './featureName.ts'

/**
 * One English sentence that tells a customer why a call was refused, when that changes, and which plans would allow it.
 *
 * The same for the same denial everywhere: times are in UTC and numbers in one style, whatever the locale.
 */
export function describeDenial(denial: DenialFacts, features: Features = {}): string {
  const name = featureName(features, denial.featureId)
  switch (denial.reason) {
    case 'feature_not_in_plan':
      return `${name} is not in your plan${wayOut(denial.unlockedBy, (plans) => `: ${plans} ${denial.unlockedBy.length === 1 ? 'has' : 'have'} it`)}.`
    case 'limit_reached':
      return `Not enough ${joined(denial.shortages.map((shortage) => shortageOf(shortage, features)))}${remedyOf(denial)}.`
    case 'usage_limit_reached':
      return `The limit on the use of ${name} is reached ${amountsOf(denial)}${remedyOf(denial)}.`
    case 'spend_limit_reached':
      return `The spending limit for ${name} is reached ${amountsOf(denial)}${remedyOf(denial)}.`
    case 'outage':
      return `Whether ${name} may be used cannot be checked right now: try again in a moment.`
    case 'operation_conflict':
      return `This call of ${name} repeats an earlier one with other input: send it as a new one.`
    case 'operation_in_progress':
      return `This call of ${name} repeats one that is still running: wait for its result.`
    case 'answer_too_large':
      return `This call of ${name} repeats one that is done, and its answer was too large to keep: send it as a new one.`
    case 'answer_streamed':
      return `This call of ${name} repeats one that is done, and its answer was a stream, which is not kept: send it as a new one.`
    case 'entity_not_found':
      return `${name} was called for an entity that does not exist: choose another.`
  }
}

/** A denial that has no sentence yet. */
export type DenialFacts = Omit<BalanceDenial, 'message'> | Omit<UnreadDenial, 'message'> | Denial

function shortageOf(shortage: Shortage, features: Features): string {
  const { featureId, poolId } = shortage
  const drawn = poolId === null || poolId === featureId ? '' : ` for ${featureName(features, featureId)}`
  return `${unitsName(features, poolId ?? featureId)}${drawn} ${amountsOf(shortage)}`
}

/** What a balance is counted in: the plural of its units, else its name. */
function unitsName(features: Features, id: string): string {
  const feature = Object.hasOwn(features, id) ? features[id] : undefined
  return feature !== undefined && feature.type !== 'boolean' && feature.display ? feature.display.plural : featureName(features, id)
}

function amountsOf({ required, remaining }: Shortage): string {
  return `(${numberText(required)} needed, ${numberText(remaining)} left)`
}

function remedyOf({ shortages, unlockedBy }: Omit<BalanceDenial, 'message'>): string {
  const resetsAt = latestReset(shortages)
  const ways = [
    resetsAt === null ? '' : `more on ${timeText(resetsAt)}`,
    wayOut(unlockedBy, (plans) => `${resetsAt === null ? 'more ' : ''}with ${plans}`),
  ]
  const told = ways.filter((way) => way !== '')
  return told.length === 0 ? '' : `: ${told.join(', or ')}`
}

/** When everything that was short has come back; null when something never does. */
function latestReset(shortages: readonly Shortage[]): number | null {
  const resets = shortages.map(({ resetsAt }) => resetsAt).filter((resetsAt) => resetsAt !== null)
  return resets.length === 0 || resets.length < shortages.length ? null : Math.max(...resets)
}

function wayOut(plans: readonly NamedPlan[], told: (names: string) => string): string {
  return plans.length === 0 ? '' : told(joined(plans.map((plan) => plan.name)))
}

function joined(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

function numberText(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 10 })
}

function timeText(at: number): string {
  const [day, time = ''] = new Date(at).toISOString().split('T')
  return `${day} at ${time.slice(0, 5)} UTC`
}
