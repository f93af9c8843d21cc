import type { z } from 'zod'
import { type ApiError, invalidInputs } from './apiError.ts'

/** Parses a request's body; throws `invalid_inputs` in Autumn's words, which name the field. */
export function parseInput<$Schema extends z.ZodType>(schema: $Schema, body: unknown): z.output<$Schema> {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  throw inputError(parsed.error.issues, body)
}

function inputError(issues: readonly z.core.$ZodIssue[], body: unknown): ApiError {
  const sentences = issues.slice(0, 5).map((issue) => {
    const path = issue.path.map(String).join('.')
    return `${path === '' ? 'input' : path}: ${sentenceOf(issue, body)}`
  })
  return invalidInputs(sentences.length > 1 ? `[Validation Errors] ${sentences.join('; ')}` : (sentences[0] ?? 'input: Invalid input'))
}

function sentenceOf(issue: z.core.$ZodIssue, body: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${article(issue.expected)} (received ${typeAt(body, issue.path)})`
    case 'invalid_value':
      return issue.values.length === 1 ? `Invalid input: expected ${String(issue.values[0])}` : `must be one of: ${issue.values.join(', ')}`
    default:
      return issue.message
  }
}

function article(expected: string): string {
  const noun = expected === 'record' ? 'object' : expected
  return /^[aeio]/.test(noun) ? `an ${noun}` : `a ${noun}`
}

function typeAt(body: unknown, path: readonly PropertyKey[]): string {
  let value = body
  for (const key of path) {
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<PropertyKey, unknown>)[key] : undefined
  }
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : typeof value
}
