/** How much a finding matters: an error is work that nobody pays for or nobody gets, a warning may be meant. */
export type Severity = 'error' | 'warning'

/** A kind of finding. */
export interface Rule {
  readonly severity: Severity
  /** What is looked for. */
  readonly about: string
  /** How a finding of the kind is mended. */
  readonly hint: string
}

/** Everything that the doctor looks for, worst first. */
export const rules = {
  'unmetered-procedure': {
    severity: 'error',
    about: 'a procedure that is neither metered nor gated, nor marked with free()',
    hint: "Meter or gate it; or say that it costs nothing: free(procedure) or free(baseProcedure), from '@tollgate/server'.",
  },
  'unknown-feature': {
    severity: 'error',
    about: 'a procedure that uses a feature which the registry has not',
    hint: 'Name the registry that createMetering() was given: --catalog <file>.',
  },
  'missing-cost': {
    severity: 'error',
    about: 'metered by a feature that no plan includes and no included pool has a cost for',
    hint: 'Give the feature a cost in a credit system that a plan includes, or include the feature itself in a plan.',
  },
  'missing-grant': {
    severity: 'error',
    about: 'gated by a feature that no plan grants',
    hint: 'Grant the feature in a plan: { items: { feature: granted() } }.',
  },
  'metered-query': {
    severity: 'warning',
    about: 'a query that costs something: charged again at every refetch',
    hint: 'Make it a mutation: clients repeat a query when a page is mounted, focused or online again.',
  },
  'zero-cost': {
    severity: 'warning',
    about: 'a cost of 0 units',
    hint: 'Give it units; if it counts them itself with ctx.usage, let this pass with --ignore.',
  },
  'unused-feature': {
    severity: 'warning',
    about: 'a feature that no procedure uses',
    hint: 'Meter or gate a procedure by it, or take it out of the registry; if it is counted elsewhere, let this pass with --ignore.',
  },
  'unreachable-plan': {
    severity: 'warning',
    about: 'a plan that is neither given to new customers nor sold',
    hint: 'Give it autoEnable or a price; if code of your own attaches it, let this pass with --ignore.',
  },
} as const satisfies Readonly<Record<string, Rule>>

export type RuleId = keyof typeof rules

export const ruleIds = Object.keys(rules) as readonly RuleId[]

/** Something that is probably not meant. */
export interface Finding {
  readonly rule: RuleId
  readonly severity: Severity
  readonly kind: 'procedure' | 'feature' | 'plan'
  /** The path of the procedure, or the id of the feature or plan. */
  readonly name: string
  /** What is the matter with it; goes on after the name. */
  readonly message: string
  readonly hint: string
}
