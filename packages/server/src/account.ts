import { type Amount, unitsOf } from '@tollgate/engine'
import type { DenialFacts, Receipt } from '@tollgate/features'
import type { TRPCError } from '@trpc/server'
import type { AccessAfter, Backend, Caller, FeatureUnits, Hold, Overage } from './backends/backend.ts'
import { Paid } from './paid.ts'
import { createPart, type Part, type PartOwner } from './part.ts'
import type { Line } from './units.ts'

/**
 * The hold of one running call and of every call that its resolver makes, with what they have used of it.
 *
 * Under `refuse` no more is ever counted than what is held: who counts beyond it waits until the hold is extended.
 */
export interface Account extends PartOwner {
  readonly backend: Backend
  readonly caller: Caller
  readonly hold: Hold
  /** True once it was committed or released: nothing can be counted any more. */
  readonly ended: boolean
  /** What refused to pay for units that were counted, if nobody waited to hear of it: the call fails with it. */
  readonly refusal: TRPCError | null
  /** The customer, as the last answer of the backend left it. */
  readonly access: AccessAfter
  /** Opens the share of a call within what is held. */
  open(lines: readonly Line[], path: string): Part
  /** Opens the share of a call that the resolver makes, for which the hold is extended. Rejects with the denial. */
  join(lines: readonly Line[], path: string): Promise<Part>
  /** Counts with `apply` once it is paid for; takes it back with `undo` and rejects with the denial when it cannot be. */
  cover(apply: () => void, undo: () => void): Promise<void>
  /** Resolves once everything that was counted so far is paid for or refused. */
  settled(): Promise<void>
  /** From now on the hold is extended by at least so many units at a time. */
  extendBy(step: readonly Line[]): void
  /** Units of every feature, as they are to be committed now. */
  totals(): readonly Line[]
  /** Forbids counting, and remembers the customer as the end left it. */
  close(receipt: (() => Receipt) | null, access: AccessAfter): void
  /** The reader of a stream is gone: what its work counts from now on is not delivered, and costs nothing. */
  leave(): void
  /** The receipt, once the account is closed; null when nothing was committed. */
  receipt(): Promise<Receipt | null>
  /** The answer to whoever counts after the end. */
  tooLate(path: string): Promise<void>
}

/** What every account shares. */
export interface AccountOptions {
  readonly backend: Backend
  readonly holdTtlMs: number
  refusal(facts: DenialFacts): TRPCError
  report(error: unknown): void
}

const COVERED = Promise.resolve()

/** The account of a hold that was just taken for so many units. */
export function createAccount(
  options: AccountOptions,
  hold: Hold,
  lines: readonly Line[],
  overage: Overage,
  accessAtStart: AccessAfter,
): Account {
  const { backend, holdTtlMs } = options
  const held = new Map(lines.map(({ featureId, units }) => [featureId, units]))
  const parts: Part[] = []
  let closed: { readonly receipt: (() => Receipt) | null } | null = null
  let waiting: PromiseWithResolvers<Receipt | null> | null = null
  let access = accessAtStart
  let left = false
  let step: readonly Line[] = []
  /** Extensions, one after the other; null while none is under way. */
  let queue: Promise<void> | null = null
  /** Refusals that nobody has heard of. */
  const unheard = new Set<TRPCError>()

  const sum = (units: (part: Part) => Amount): Amount => parts.reduce((total, part) => total + units(part), 0n)

  const missing = (): readonly Line[] => {
    const short: Line[] = []
    for (const [featureId, units] of held) {
      const more = sum((part) => part.required(featureId)) - units
      if (more > 0n) short.push({ featureId, units: more })
    }
    return short
  }

  /** Asks for a whole step first, so that a stream does not ask at every chunk; when that is not there, for what is needed now. */
  const extend = async (): Promise<void> => {
    const needed = missing()
    if (needed.length === 0) return
    const wished = needed.map((line) => atLeast(line, step))
    const refusal = await tryExtend(wished)
    if (refusal === null) return
    const last = wished.every((line, index) => line === needed[index]) ? refusal : await tryExtend(needed)
    if (last !== null) throw last
  }

  const tryExtend = async (more: readonly Line[]): Promise<TRPCError | null> => {
    const answer = await backend.extend(hold, more.map(asUnits), holdTtlMs)
    if (answer.kind === 'ended')
      throw new Error(`the hold of ${hold.procedure} ended before its call did: ${answer.became ?? 'nothing more is known'}`)
    access = answer.access
    if (answer.kind === 'denied') return options.refusal(answer.denial)
    for (const { featureId, units } of more) held.set(featureId, (held.get(featureId) ?? 0n) + units)
    return null
  }

  const enqueue = (apply: () => void, undo: () => void): Promise<void> => {
    const turn = (queue ?? COVERED).then(async () => {
      apply()
      try {
        await extend()
      } catch (error) {
        undo()
        throw error
      }
    })
    const last = turn.then(
      () => {},
      () => {},
    )
    queue = last
    void last.then(() => {
      if (queue === last) queue = null
    })
    return turn
  }

  const account: Account = {
    backend,
    operationId: hold.operation.id,
    caller: hold.caller,
    hold,
    overage,
    get ended() {
      return closed !== null
    },
    get refusal() {
      const [first = null] = unheard
      return first
    },
    get access() {
      return access
    },
    open(opened, path) {
      const part = createPart(account, opened, path)
      parts.push(part)
      return part
    },
    async join(joining, path) {
      const part = createPart(account, joining, path)
      await enqueue(
        () => {
          for (const { featureId } of joining) if (!held.has(featureId)) held.set(featureId, 0n)
          parts.push(part)
        },
        () => parts.splice(parts.indexOf(part), 1),
      )
      return part
    },
    cover(apply, undo) {
      if (closed || left) return account.tooLate(hold.procedure)
      if (overage !== 'refuse' || queue === null) {
        apply()
        if (overage !== 'refuse' || missing().length === 0) return COVERED
        undo()
      }
      let heard = false
      let refused: TRPCError | null = null
      const turn = enqueue(apply, undo).catch((error: TRPCError) => {
        refused = error
        if (!heard) unheard.add(error)
        throw error
      })
      return new Paid(turn, () => {
        heard = true
        if (refused) unheard.delete(refused)
      })
    },
    settled: () => queue ?? COVERED,
    extendBy(lines) {
      step = lines
    },
    totals: () => [...held.keys()].map((featureId) => ({ featureId, units: sum((part) => part.used(featureId)) })),
    close(receipt, accessAtEnd) {
      if (closed) return
      closed = { receipt }
      access = accessAtEnd
      waiting?.resolve(receipt?.() ?? null)
    },
    leave() {
      left = true
    },
    async receipt() {
      if (closed) return closed.receipt?.() ?? null
      waiting ??= Promise.withResolvers()
      return waiting.promise
    },
    tooLate(path) {
      if (left) return COVERED
      const late = Promise.reject(new Error(`${path} had ended when its usage was counted: await the work before the resolver returns`))
      late.catch(options.report)
      return late
    },
  }
  return account
}

export function asUnits({ featureId, units }: Line): FeatureUnits {
  return { featureId, units: unitsOf(units) }
}

function atLeast(line: Line, step: readonly Line[]): Line {
  const units = step.find(({ featureId }) => featureId === line.featureId)?.units ?? 0n
  return units > line.units ? { featureId: line.featureId, units } : line
}
