import type { Answers, AnswerTo, Check, Command, Refusal } from '../core/command.ts'
import type { CustomerState } from '../core/customer.ts'
import type { Engine } from '../engine.ts'
import type { ExecuteOptions } from '../execution.ts'
import { refusalError } from './apiError.ts'
import type { ApiVersion } from './apiVersion.ts'
import type { Caller } from './authenticate.ts'
import type { RequestKeys } from './idempotency.ts'
import type { Reply } from './reply.ts'
import type { Environment, View } from './wire/view.ts'

/** A request that was let in, as handlers see it. */
export interface Call {
  readonly engine: Engine
  readonly env: Environment
  readonly caller: Caller
  readonly version: ApiVersion
  /** The parsed JSON body; `{}` when there was none. */
  readonly body: unknown
  /** The variable parts of the path. */
  param(name: string): string | undefined
  query(name: string): string | undefined
  /** The parts of the answer that the request asked to see in full. */
  readonly expand: ReadonlySet<string>
  readonly keys: RequestKeys
  /** The locks that this process is ending right now. */
  readonly finalizing: Set<string>
}

/** Answers one kind of request. */
export type Handler = (call: Call) => Promise<Reply> | Reply

/** A command that belongs to a request, and how it is answered. */
export interface Run<TCommand extends Exclude<Command, Check>> {
  readonly customerId: string
  readonly command: TCommand
  readonly create?: ExecuteOptions['create'] | undefined
  readonly operation?: ExecuteOptions['operation'] | undefined
  /** Renders the answer; may be called more than once. */
  readonly reply: (answer: Answers[TCommand['kind']]) => Reply
  /** Answers a refusal that is no error; null leaves it one. */
  readonly refused?: (refusal: Refusal) => Reply | null
}

/** Executes the command of a request; its success uses up the request's keys in the same transaction. Throws what a refusal is on the wire. */
export async function run<TCommand extends Exclude<Command, Check>>(call: Call, given: Run<TCommand>): Promise<Reply> {
  const { customerId, command, create, operation, reply, refused } = given
  const answer = await call.engine.execute(customerId, command, {
    ...(create === undefined ? {} : { create }),
    ...(operation === undefined ? {} : { operation }),
    claims: call.keys.claims<AnswerTo<TCommand>>((settled) => replyTo(settled, reply)),
  })
  if (answer.ok) {
    call.keys.spend()
    return reply(answer)
  }
  const answered = refused?.(answer)
  if (answered) return answered
  if (answer.code === 'operation_done') throw call.keys.lost(answer.operation)
  throw refusalError(answer, call.version)
}

/** How a customer, or one of its entities, looks to this request. */
export function viewOf(call: Call, customer: CustomerState, entityId: string | null): View {
  return { catalog: call.engine.catalog, customer, scope: { entityId }, env: call.env, expand: call.expand }
}

/** The customer's own time: the engine's, moved by the customer's clock. */
export function nowOf(call: Call, customer: CustomerState): number {
  return call.engine.now() + customer.clockOffsetMs
}

function replyTo<TCommand extends Exclude<Command, Check>>(
  answer: AnswerTo<TCommand>,
  reply: (answer: Answers[TCommand['kind']]) => Reply,
): Reply {
  if (!answer.ok) throw new Error('only an answer that succeeded is stored')
  return reply(answer)
}
