import { useMutation } from '@tanstack/react-query'
import { featureName } from '@tollgate/features'
import { features, plans } from '../../catalog.ts'
import { announce } from '../announce.ts'
import { trpc, useCustomer } from '../client.ts'
import { ConfirmDialog } from '../components/ConfirmDialog.tsx'
import { Notice } from '../components/Notice.tsx'
import { formatPrice } from '../format.ts'
import { messageOf } from '../messageOf.ts'
import { featureIds, type MainPlanId, termsOf } from './planTerms.ts'

export interface SwitchPlanDialogProps {
  /** The plan to switch to; null: closed. */
  readonly to: MainPlanId | null
  readonly onClose: () => void
  readonly onSwitched?: () => void
}

/** Says what a switch would change, and does it. */
export function SwitchPlanDialog({ to, onClose, onSwitched }: SwitchPlanDialogProps) {
  const customer = useCustomer()
  const switchPlan = useMutation(
    trpc.plans.switch.mutationOptions({
      onSuccess: async () => {
        await customer.refresh()
        if (to !== null) announce(`${plans[to].name} is your plan now`)
        onClose()
        onSwitched?.()
      },
    }),
  )
  const held = customer.plans?.map(({ planId }) => planId).find((planId) => planId === 'free' || planId === 'pro')
  const close = () => {
    switchPlan.reset()
    onClose()
  }
  return (
    <ConfirmDialog
      open={to !== null}
      onOpenChange={(open) => !open && close()}
      title={to === null ? '' : `Switch to ${plans[to].name}?`}
      confirmLabel={to === null ? '' : `Switch to ${plans[to].name}`}
      pending={switchPlan.isPending}
      onConfirm={() => to !== null && switchPlan.mutate({ planId: to })}
    >
      {to !== null && (
        <>
          <p>
            {plans[to].price === null
              ? 'It takes effect at once. What the current plan has left is gone.'
              : `${formatPrice(plans[to].price)}. It takes effect at once. This is a demo: nothing is charged.`}
          </p>
          {held !== undefined && <Changes from={held} to={to} />}
          {switchPlan.error && (
            <div className="mt-4">
              <Notice kind="bad">{messageOf(switchPlan.error)}</Notice>
            </div>
          )}
        </>
      )}
    </ConfirmDialog>
  )
}

function Changes({ from, to }: { readonly from: MainPlanId; readonly to: MainPlanId }) {
  const changed = featureIds.filter((id) => termsOf(from, id) !== termsOf(to, id))
  return (
    <table className="mt-4 w-full text-left text-ink max-sm:text-caption">
      <caption className="sr-only">What changes</caption>
      <thead className="text-caption text-muted">
        <tr>
          <th scope="col" className="py-1 font-normal">
            Feature
          </th>
          <th scope="col" className="py-1 font-normal">
            {plans[from].name}
          </th>
          <th scope="col" className="py-1 font-normal">
            {plans[to].name}
          </th>
        </tr>
      </thead>
      <tbody>
        {changed.map((id) => (
          <tr key={id} className="border-line border-t">
            <th scope="row" className="py-2 pr-3 font-medium">
              {featureName(features, id)}
            </th>
            <td className="py-2 pr-3 text-muted">{termsOf(from, id) ?? '–'}</td>
            <td className="py-2">{termsOf(to, id) ?? '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
