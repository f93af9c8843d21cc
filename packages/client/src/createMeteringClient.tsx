import { type SkipToken, skipToken, type UseQueryResult, useQueryClient } from '@tanstack/react-query'
import type { BooleanFeature, CustomerAccess, Denial, FeatureAccess, FeatureId, Features } from '@tollgate/features'
import { getUntypedClient, type TRPCClient } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { createContext, type ReactNode, useContext, useMemo } from 'react'
import { denialOf } from './denialOf.ts'
import { type FeatureState, featureStateOf } from './featureState.ts'
import { faceOf, type GateFaces } from './Gate.tsx'
import type { GateState } from './gateState.ts'
import type { Loaded, Ready } from './loaded.ts'
import type { At, UsageInput, UsageOutput } from './usageRouterOf.ts'
import type { UsageSource } from './usageSource.ts'
import { useAccess, useSuspenseAccess } from './useAccess.ts'
import { type Gateable, type GateableProcedure, type GateInput, pathOf, useGateOf } from './useGate.ts'
import { type ReadOptions, useReading } from './useReading.ts'

/** What a metering client is made of. */
export type MeteringClientOptions<TRouter extends AnyTRPCRouter, TFeatures extends Features> = {
  /** The registry that the server has too. */
  readonly features: TFeatures
} & At<TRouter>

/** What is asked of a feature. */
export type FeatureOptions<TFeature> = EntityOptions & (TFeature extends BooleanFeature ? unknown : UnitOptions)

/** Whose balances are meant. */
export interface EntityOptions {
  /** The part of the customer whose balances count; by default the one that the session stands for. */
  readonly entity?: string
}

interface UnitOptions {
  /** How many units a call would take; default 1. */
  readonly units?: number
}

/** A gate in the page. */
export type GateProps<TFeatures extends Features, TFeatureId extends FeatureId<TFeatures>> = {
  readonly feature: TFeatureId
} & FeatureOptions<TFeatures[TFeatureId]> &
  GateFaces<FeatureState<TFeatures, TFeatureId>>

export interface ProviderProps<TRouter extends AnyTRPCRouter> {
  /** The client that calls the application's router, made with `links`. */
  readonly client: TRPCClient<TRouter>
  readonly children?: ReactNode
}

/** What of the history is asked for; `skipToken` while nothing is. */
export type HistoryInput<TRouter extends AnyTRPCRouter> = UsageInput<TRouter, 'history'> | SkipToken

/** What a customer has, by the features of the registry: from `customer.features.image_gen` an editor goes to its declaration. */
export interface Customer<TFeatures extends Features> extends Omit<CustomerAccess<FeatureId<TFeatures>>, 'features'> {
  /** The features that the customer has; a missing one is not in any of the plans. */
  readonly features: { readonly [Id in keyof TFeatures]?: FeatureAccess<Id & string> }
}

/** Hooks, a gate and a provider for one application, typed from its router and its registry. */
export interface MeteringClient<TRouter extends AnyTRPCRouter, TFeatures extends Features> {
  /** Goes inside `QueryClientProvider`, around all that uses the hooks. */
  Provider(props: ProviderProps<TRouter>): ReactNode

  /** What the customer may do with a feature, and what is left: `useFeature('image_gen', { units: 4 })`. */
  useFeature<$Id extends FeatureId<TFeatures>>(featureId: $Id, opts?: FeatureOptions<TFeatures[$Id]>): Loaded<FeatureState<TFeatures, $Id>>

  /** The same, suspending until it is known; a failure goes to the error boundary. */
  useSuspenseFeature<$Id extends FeatureId<TFeatures>>(
    featureId: $Id,
    opts?: FeatureOptions<TFeatures[$Id]>,
  ): Ready<FeatureState<TFeatures, $Id>>

  /** Whether a call would go through and what it would cost, by procedure: `useGate(trpc.images.generate, { n: 4 })`. */
  useGate<$Procedure>(procedure: Gateable<$Procedure>, ...input: GateInput<$Procedure>): Loaded<GateState<FeatureId<TFeatures>>>

  /**
   * What a call would cost right now, by the server's own word: cost, pool, balance before and after. Nothing is run or held.
   * Read once: `useGate` follows the balances.
   */
  useQuote<$Procedure>(
    procedure: Gateable<$Procedure>,
    ...input: GateInput<$Procedure>
  ): UseQueryResult<UsageOutput<TRouter, 'quote'>, Error>

  /** Shows its children to those who may, and never its fallback before that is known. */
  Gate<$Id extends FeatureId<TFeatures>>(props: GateProps<TFeatures, $Id>): ReactNode

  /** The customer: plans, balances, whose they are. */
  useCustomer(opts?: EntityOptions): Loaded<Customer<TFeatures>>

  /** The same, suspending until it is known. */
  useSuspenseCustomer(opts?: EntityOptions): Ready<Customer<TFeatures>>

  /** The plans on offer. */
  usePlans(opts?: ReadOptions): UseQueryResult<UsageOutput<TRouter, 'plans'>, Error>

  /** What was used, in bins of time. A change of the balances marks it as outdated without reading it again: give `refetchInterval` for a live chart. */
  useUsage(input: HistoryInput<TRouter>, opts?: ReadOptions): UseQueryResult<UsageOutput<TRouter, 'history'>, Error>

  /** The refusal that an error tells of, with feature ids of the registry; null for any other error and for none. */
  denialOf(error: unknown): Denial<FeatureId<TFeatures>> | null
}

/** Makes the client of one application, once, in a module of its own: `createMeteringClient<AppRouter, typeof features>({ features })`. */
export function createMeteringClient<TRouter extends AnyTRPCRouter, TFeatures extends Features>(
  opts: MeteringClientOptions<TRouter, TFeatures>,
): MeteringClient<TRouter, TFeatures> {
  const { features, at = 'usage' } = opts
  const SourceContext = createContext<UsageSource<TFeatures> | undefined>(undefined)

  const useSource = (): UsageSource<TFeatures> => {
    const source = useContext(SourceContext)
    if (source === undefined) throw new Error('There is no metering above this component: put it inside <metering.Provider client={…}>')
    return source
  }
  const useFeature = <$Id extends FeatureId<TFeatures>>(featureId: $Id, asked: Asked = {}) =>
    useAccess(useSource(), asked.entity, (access) => featureStateOf(features, access, featureId, asked.units))
  // The features of an access are those of the registry: ours is the server's.
  const asCustomer = (access: CustomerAccess) => access as Customer<TFeatures>

  return {
    Provider({ client, children }) {
      const queryClient = useQueryClient()
      const source = useMemo(() => ({ features, client: getUntypedClient(client), queryClient, at }), [features, at, client, queryClient])
      return <SourceContext.Provider value={source}>{children}</SourceContext.Provider>
    },
    useFeature,
    useSuspenseFeature: (featureId, asked: Asked = {}) =>
      useSuspenseAccess(useSource(), asked.entity, (access) => featureStateOf(features, access, featureId, asked.units)),
    // So are those of the manifest. What is no procedure did not compile.
    useGate: (procedure, ...[input]) =>
      useGateOf(useSource(), procedure as GateableProcedure, input) as Loaded<GateState<FeatureId<TFeatures>>>,
    useQuote: (procedure, ...[input]) => {
      const path = pathOf(procedure as GateableProcedure)
      return useReading(useSource(), 'quote', input === skipToken ? input : { path, input })
    },
    Gate: (props) => faceOf(useFeature(props.feature, props), props),
    useCustomer: (asked = {}) => useAccess(useSource(), asked.entity, asCustomer),
    useSuspenseCustomer: (asked = {}) => useSuspenseAccess(useSource(), asked.entity, asCustomer),
    usePlans: (reading) => useReading(useSource(), 'plans', undefined, reading),
    useUsage: (input, reading) => useReading(useSource(), 'history', input, reading),
    denialOf,
  }
}

/** The options of a feature of any kind. */
type Asked = EntityOptions & UnitOptions
