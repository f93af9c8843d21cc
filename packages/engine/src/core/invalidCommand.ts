import type { Amount } from './amount.ts'
import type { Command, FeatureUnits } from './command.ts'
import type { CustomerState } from './customer.ts'
import { MAX_HOLD_MS } from './hold.ts'

/** A command that no caller should send: a mistake in the program, not a refusal. Nothing has changed when it is thrown. */
export class InvalidCommandError extends Error {
  override readonly name = 'InvalidCommandError'
}

/** Throws an `InvalidCommandError`, with the way out, for a command that makes no sense whatever the customer has. */
export function assertValid(command: Command, state: CustomerState, now: number): void {
  switch (command.kind) {
    case 'track':
      assertInstant(command.timestamp, 'timestamp')
      return
    case 'reserve':
      assertOneSign(command.items, command.kind)
      assertHoldEnd(command.expiresAt, now)
      return
    case 'extend': {
      const held = state.holds.find((hold) => hold.id === command.holdId)?.items ?? []
      assertOneSign([...held, ...command.items], command.kind)
      if (command.expiresAt !== null) assertHoldEnd(command.expiresAt, now)
      return
    }
    case 'move_clock':
      assertInstant(command.offsetMs, 'offsetMs')
      return
    case 'attach':
      if (typeof command.trial === 'object') assertCount(command.trial.length, 'the length of a trial')
      for (const { units } of command.quantities) assertNotNegative(units, 'a quantity')
      return
    case 'create_balance':
      assertNotNegative(command.included, 'included')
      if (command.interval) assertCount(command.interval.count, 'the count of an interval')
      assertInstant(command.nextResetAt, 'nextResetAt')
      assertInstant(command.expiresAt, 'expiresAt')
      return
    case 'update_balance': {
      const set = [command.remaining, command.used, command.add].filter((units) => units !== undefined)
      if (set.length > 1) throw new InvalidCommandError('give one of remaining, used and add: each would undo the other')
      for (const units of [command.remaining, command.used, command.included]) assertNotNegative(units ?? 0n, 'a balance')
      assertInstant(command.nextResetAt ?? null, 'nextResetAt')
      assertInstant(command.expiresAt ?? null, 'expiresAt')
      return
    }
    default:
      return
  }
}

/** Within one hold a feature is either taken or given back: a mixture could not be unwound. */
function assertOneSign(items: readonly FeatureUnits[], kind: string): void {
  for (const { featureId, units } of items) {
    const opposite = units < 0n && items.some((other) => other.featureId === featureId && other.units > 0n)
    if (opposite) throw new InvalidCommandError(`${kind} would both take '${featureId}' and give it back: commit fewer units instead`)
  }
}

function assertHoldEnd(at: number | { readonly afterMs: number }, now: number): void {
  const afterMs = typeof at === 'number' ? at - now : at.afterMs
  assertInstant(afterMs, 'the end of a hold')
  if (afterMs > MAX_HOLD_MS) throw new InvalidCommandError('a hold ends within 24 hours: settle it before, or extend it')
}

function assertInstant(at: number | null, name: string): void {
  if (at !== null && !Number.isFinite(at)) throw new InvalidCommandError(`${name} is ${at}: give milliseconds`)
}

function assertCount(count: number, name: string): void {
  if (!Number.isInteger(count) || count < 1) throw new InvalidCommandError(`${name} is ${count}: give a whole number from 1`)
}

function assertNotNegative(units: Amount, name: string): void {
  if (units < 0n) throw new InvalidCommandError(`${name} is negative: what is granted, used or left begins at zero`)
}
