import { describe, expect, it } from 'vitest'
import { parseIgnore } from './ignore.ts'
import type { Finding } from './rules.ts'

const finding = (rule: Finding['rule'], name: string): Finding => ({
  rule,
  name,
  severity: 'error',
  kind: 'procedure',
  message: '',
  hint: '',
})

function ignores(text: string, rule: Finding['rule'], name: string): boolean {
  const ignore = parseIgnore(text)
  if (typeof ignore === 'string') throw new Error(ignore)
  return ignore(finding(rule, name))
}

describe('--ignore', () => {
  it.each([
    ['metered-query', 'any.thing', true],
    ['metered-query:a.b', 'a.b', true],
    ['metered-query:a.b', 'a.b.c', false],
    ['metered-query:a.b', 'aXb', false],
    ['metered-query:a.*', 'a.b.c', true],
    ['metered-query:a.*', 'b.a.c', false],
    ['metered-query:*.list', 'team.members.list', true],
    ['zero-cost', 'any.thing', false],
  ])('%s of a metered query %s: %s', (text, name, expected) => {
    expect(ignores(text, 'metered-query', name)).toBe(expected)
  })

  it('names the rules when there is no such rule', () => {
    expect(parseIgnore('metered')).toMatch(/^there is no rule 'metered': the rules are unmetered-procedure, .+, unreachable-plan$/)
  })
})
