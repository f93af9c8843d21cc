import type { Catalog } from '../../core/catalog.ts'
import type { CustomerState } from '../../core/customer.ts'
import type { Scope } from '../../core/payers.ts'

export type Environment = 'sandbox' | 'live'

/** What is rendered: a customer, or one of its entities, as the catalog of the moment describes it. */
export interface View {
  readonly catalog: Catalog
  readonly customer: CustomerState
  readonly scope: Scope
  readonly env: Environment
  /** The parts that the request asked to see in full. */
  readonly expand: ReadonlySet<string>
}
