import type { AnswerTo, Catalog, Command, ExecuteOptions } from '@tollgate/engine'

/** What is measured: anything that decides commands and answers once they are durable. */
export interface Meter {
  execute<TCommand extends Exclude<Command, { readonly kind: 'check' }>>(
    customerId: string,
    command: TCommand,
    options?: ExecuteOptions<TCommand>,
  ): Promise<AnswerTo<TCommand>>
  /** Ends everything that is left to do. */
  close(): Promise<void>
}

/** A way to build a meter, under the name that the report gives it. */
export interface Contender {
  readonly name: ContenderName
  /** Opens a meter on an empty place. */
  open(catalog: Catalog): Promise<Meter>
  /** Takes the place away again, after the meter was closed. */
  clear(): Promise<void>
}

export type ContenderName = (typeof CONTENDERS)[number]

/** Memory and the journal are ceilings: one keeps nothing, the other can only append. */
export const CONTENDERS = ['memory', 'journal', 'sqlite', 'sqlite one by one', 'postgres', 'postgres naive'] as const
