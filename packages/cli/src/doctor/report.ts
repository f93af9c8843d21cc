import { counted } from '../counted.ts'
import type { Patient } from './diagnose.ts'
import { type Finding, ruleIds, rules } from './rules.ts'

/** What the doctor says to a machine. */
export interface Report {
  readonly procedures: number
  readonly features: number
  /** Null: no plans were named, and what depends on them was not looked for. */
  readonly plans: number | null
  readonly errors: number
  readonly warnings: number
  readonly findings: readonly Finding[]
}

export function reportOf({ procedures, features, plans }: Patient, findings: readonly Finding[]): Report {
  const count = (severity: Finding['severity']): number => findings.filter((each) => each.severity === severity).length
  return {
    procedures: procedures.length,
    features: Object.keys(features).length,
    plans: plans === null ? null : Object.keys(plans).length,
    errors: count('error'),
    warnings: count('warning'),
    findings,
  }
}

/** The same for people: by rule, how to mend it below, and one line at the end. */
export function textOf(report: Report): string {
  const groups = ruleIds.flatMap((rule) => {
    const found = report.findings.filter((each) => each.rule === rule)
    if (found.length === 0) return []
    const width = Math.max(...found.map(({ name }) => name.length))
    const lines = found.map(({ name, message }) => `  ${name.padEnd(width)}  ${message}`)
    return [[`${rules[rule].severity}  ${rule}`, ...lines, `  → ${rules[rule].hint}`, ''].join('\n')]
  })
  return [...groups, `${summaryOf(report)}\n`].join('\n')
}

function summaryOf({ procedures, features, plans, errors, warnings }: Report): string {
  const looked = [
    counted(procedures, 'procedure', 'procedures'),
    counted(features, 'feature', 'features'),
    plans === null ? "no export 'plans', so nothing that depends on plans was looked for" : counted(plans, 'plan', 'plans'),
  ].join(', ')
  if (errors + warnings === 0) return `${looked}: nothing to mend`
  return `${looked}: ${counted(errors, 'error', 'errors')}, ${counted(warnings, 'warning', 'warnings')}`
}
