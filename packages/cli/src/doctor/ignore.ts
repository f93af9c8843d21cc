import { type Finding, type RuleId, ruleIds } from './rules.ts'

/** Says of which findings nobody wants to hear. */
export type Ignore = (finding: Finding) => boolean

/** Reads `rule`, or `rule:name` where `*` stands for any text; a sentence when there is no such rule. */
export function parseIgnore(text: string): Ignore | string {
  const [rule = '', ...rest] = text.split(':')
  if (!isRule(rule)) return `there is no rule '${rule}': the rules are ${ruleIds.join(', ')}`
  if (rest.length === 0) return (finding) => finding.rule === rule
  const literals = rest
    .join(':')
    .split('*')
    .map((literal) => literal.replaceAll(/[\\^$.+?()[\]{}|]/g, '\\$&'))
  const name = new RegExp(`^${literals.join('.*')}$`)
  return (finding) => finding.rule === rule && name.test(finding.name)
}

function isRule(text: string): text is RuleId {
  return (ruleIds as readonly string[]).includes(text)
}
