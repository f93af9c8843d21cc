import type {
  AnyTRPCProcedure,
  AnyTRPCQueryProcedure,
  AnyTRPCRouter,
  AnyTRPCSubscriptionProcedure,
  inferProcedureInput,
  inferTransformedProcedureOutput,
  TRPCRouterRecord,
} from '@trpc/server'

/** The procedures by which a usage router is known. */
interface UsageProcedures {
  readonly access: AnyTRPCQueryProcedure
  readonly manifest: AnyTRPCQueryProcedure
  readonly changes: AnyTRPCSubscriptionProcedure
}

/** The paths at which an application's router has a usage router: `'usage'`, `'billing.usage'`. */
export type UsagePath<TRouter extends AnyTRPCRouter> = PathIn<TRouter['_def']['record']>

type PathIn<TRecord> = { readonly [Key in keyof TRecord & string]: PathAt<Key, TRecord[Key]> }[keyof TRecord & string]

type PathAt<TKey extends string, TValue> = TValue extends AnyTRPCProcedure
  ? never
  : TValue extends UsageProcedures
    ? TKey
    : TValue extends TRPCRouterRecord
      ? `${TKey}.${PathIn<TValue>}`
      : never

/** Where the usage router is: to be said when it is not at `usage`, and a sentence when there is none. */
export type At<TRouter extends AnyTRPCRouter> = [UsagePath<TRouter>] extends [never]
  ? { readonly at: '✖ this router has no usage router: mount the one of createMetering() in it, as `usage`' }
  : 'usage' extends UsagePath<TRouter>
    ? { readonly at?: UsagePath<TRouter> }
    : { /** The path of the usage router in the application's router. */ readonly at: UsagePath<TRouter> }

/** What a procedure of the application's usage router is asked. */
export type UsageInput<TRouter extends AnyTRPCRouter, TName extends string> =
  UsageProcedure<TRouter, TName> extends infer $Procedure extends AnyTRPCProcedure ? inferProcedureInput<$Procedure> : never

/** What a procedure of the application's usage router answers. */
export type UsageOutput<TRouter extends AnyTRPCRouter, TName extends string> =
  UsageProcedure<TRouter, TName> extends infer $Procedure extends AnyTRPCProcedure
    ? inferTransformedProcedureOutput<TRouter['_def']['_config']['$types'], $Procedure>
    : never

type UsageProcedure<TRouter extends AnyTRPCRouter, TName extends string> = ProcedureAt<
  TRouter['_def']['record'],
  `${UsagePath<TRouter>}.${TName}`
>

/** The procedure at a path: `ProcedureAt<Record, 'billing.usage.access'>`. */
type ProcedureAt<TRecord, TPath extends string> = TPath extends `${infer $Key}.${infer $Rest}`
  ? $Key extends keyof TRecord
    ? ProcedureAt<TRecord[$Key], $Rest>
    : never
  : TPath extends keyof TRecord
    ? TRecord[TPath]
    : never
