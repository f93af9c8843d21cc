import { describe, expect, it } from 'vitest'
import type { BalanceDenial, DenialReason, Shortage, UnreadDenial } from './decision.ts'
import { denialReasons } from './decision.ts'
import { defineFeatures } from './defineFeatures.ts'
import { describeDenial } from './describeDenial.ts'
import { boolean, creditSystem, metered } from './feature.ts'
import { featureName } from './featureName.ts'

const features = defineFeatures({
  image_gen: metered(),
  messages: metered({ name: 'Chat', display: { singular: 'message', plural: 'messages' } }),
  sso: boolean({ name: 'Single sign-on' }),
  credits: creditSystem({ image_gen: 10 }),
})

const october = Date.UTC(2026, 9, 1)
const pro = { planId: 'pro', name: 'Pro' }
const team = { planId: 'team', name: 'Team' }

const images: Shortage = { featureId: 'image_gen', poolId: 'credits', required: 40, remaining: 5, resetsAt: october }
const chat: Shortage = { featureId: 'messages', poolId: 'messages', required: 1_500, remaining: 0.5, resetsAt: october - 60_000 }

function short(shortage: Shortage, more: Partial<Omit<BalanceDenial, 'message'>> = {}): string {
  return describeDenial({ ...shortage, reason: 'limit_reached', shortages: [shortage], unlockedBy: [], ...more }, features)
}

function unread(reason: UnreadDenial['reason']): string {
  const facts = {
    featureId: 'image_gen',
    poolId: null,
    required: 4,
    remaining: null,
    resetsAt: null,
    shortages: [],
    unlockedBy: [],
  } as const
  return describeDenial({ ...facts, reason }, features)
}

describe('a limit that is reached', () => {
  it('is told in what the balance is counted in, with when more comes and which plans have more', () => {
    expect(short(images, { unlockedBy: [pro] })).toBe(
      'Not enough Credits for Image Gen (40 needed, 5 left): more on 2026-10-01 at 00:00 UTC, or with Pro.',
    )
    expect(short(chat)).toBe('Not enough messages (1,500 needed, 0.5 left): more on 2026-09-30 at 23:59 UTC.')
  })

  it('promises nothing where nothing comes', () => {
    const once = { ...images, resetsAt: null }
    expect(short(once)).toBe('Not enough Credits for Image Gen (40 needed, 5 left).')
    expect(short(once, { unlockedBy: [pro, team] })).toBe('Not enough Credits for Image Gen (40 needed, 5 left): more with Pro and Team.')
  })

  it('names everything that was short, and when the last of it comes back', () => {
    expect(short(images, { shortages: [images, chat] })).toBe(
      'Not enough Credits for Image Gen (40 needed, 5 left) and messages (1,500 needed, 0.5 left): more on 2026-10-01 at 00:00 UTC.',
    )
    expect(short(images, { shortages: [images, { ...chat, resetsAt: null }] })).toBe(
      'Not enough Credits for Image Gen (40 needed, 5 left) and messages (1,500 needed, 0.5 left).',
    )
  })

  it('is told without the registry too', () => {
    const facts = { ...images, reason: 'limit_reached', shortages: [images], unlockedBy: [] } as const
    expect(describeDenial(facts)).toBe(describeDenial(facts, features))
  })
})

describe('the other denials of a balance', () => {
  it('are told by what they mean', () => {
    const sso: Shortage = { featureId: 'sso', poolId: null, required: 1, remaining: 0, resetsAt: null }
    expect(short(sso, { reason: 'feature_not_in_plan' })).toBe('Single sign-on is not in your plan.')
    expect(short(sso, { reason: 'feature_not_in_plan', unlockedBy: [pro] })).toBe('Single sign-on is not in your plan: Pro has it.')
    expect(short(sso, { reason: 'feature_not_in_plan', unlockedBy: [pro, team] })).toBe(
      'Single sign-on is not in your plan: Pro and Team have it.',
    )
    expect(short(chat, { reason: 'usage_limit_reached' })).toBe(
      'The limit on the use of Chat is reached (1,500 needed, 0.5 left): more on 2026-09-30 at 23:59 UTC.',
    )
    expect(short(images, { reason: 'spend_limit_reached', unlockedBy: [pro] })).toBe(
      'The spending limit for Image Gen is reached (40 needed, 5 left): more on 2026-10-01 at 00:00 UTC, or with Pro.',
    )
  })
})

describe('a denial before any balance was read', () => {
  it('says what to do', () => {
    expect(unread('outage')).toBe('Whether Image Gen may be used cannot be checked right now: try again in a moment.')
    expect(unread('operation_conflict')).toBe('This call of Image Gen repeats an earlier one with other input: send it as a new one.')
    expect(unread('operation_in_progress')).toBe('This call of Image Gen repeats one that is still running: wait for its result.')
    expect(unread('answer_too_large')).toBe(
      'This call of Image Gen repeats one that is done, and its answer was too large to keep: send it as a new one.',
    )
    expect(unread('answer_streamed')).toBe(
      'This call of Image Gen repeats one that is done, and its answer was a stream, which is not kept: send it as a new one.',
    )
    expect(unread('entity_not_found')).toBe('Image Gen was called for an entity that does not exist: choose another.')
  })
})

it('has a sentence for each reason, in one order', () => {
  expect(denialReasons).toEqual([
    'feature_not_in_plan',
    'limit_reached',
    'usage_limit_reached',
    'spend_limit_reached',
    'outage',
    'operation_conflict',
    'operation_in_progress',
    'answer_too_large',
    'answer_streamed',
    'entity_not_found',
  ] satisfies DenialReason[])
})

describe('the name of a feature', () => {
  it('is the one it was given, else its id in words', () => {
    expect(featureName(features, 'messages')).toBe('Chat')
    expect(featureName(features, 'image_gen')).toBe('Image Gen')
    expect(featureName({}, 'API-calls__v2')).toBe('API Calls V2')
    expect(featureName({}, 'constructor')).toBe('Constructor')
  })
})
