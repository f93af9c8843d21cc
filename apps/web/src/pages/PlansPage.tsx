import { useMutation } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { featureName } from '@tollgate/features'
import { ArrowLeft, Check, Minus } from 'lucide-react'
import { useState } from 'react'
import { features, plans } from '../../catalog.ts'
import { trpc, useCustomer } from '../client.ts'
import { Button } from '../components/Button.tsx'
import { Card } from '../components/Card.tsx'
import { ConfirmDialog } from '../components/ConfirmDialog.tsx'
import { Notice } from '../components/Notice.tsx'
import { NotKnown } from '../components/NotKnown.tsx'
import { PageHeader } from '../components/PageHeader.tsx'
import { Skeleton } from '../components/Skeleton.tsx'
import { formatPrice } from '../format.ts'
import { messageOf } from '../messageOf.ts'
import { featureIds, type MainPlanId, mainPlans, termsOf } from '../plans/planTerms.ts'
import { SwitchPlanDialog } from '../plans/SwitchPlanDialog.tsx'
import { useIsOwner } from '../session.ts'

/** The plans side by side, from the registry, and the way from one to another. */
export function PlansPage() {
  const [chosen, setChosen] = useState<MainPlanId | null>(null)
  const customer = useCustomer()
  const isOwner = useIsOwner()
  const { back } = useSearch({ from: '/app/plans' })
  const navigate = useNavigate()
  const held = customer.plans?.map(({ planId }) => planId)
  return (
    <>
      {back !== undefined && (
        <Link to={back} className="mb-4 inline-flex items-center gap-1.5 text-muted hover:text-ink">
          <ArrowLeft aria-hidden="true" className="size-4" />
          Back to what you were doing
        </Link>
      )}
      <PageHeader title="Plans">
        {isOwner
          ? 'A switch takes effect at once. This is a demo: nothing is charged.'
          : 'Only an owner of the organisation can switch its plan.'}
      </PageHeader>
      <Card className="p-0! sm:p-0!">
        <table className="w-full table-fixed border-collapse text-left max-sm:text-caption">
          <caption className="sr-only">What each plan has</caption>
          <thead>
            <tr className="align-top">
              <th scope="col" className="w-[31%] p-4 sm:w-2/5 sm:p-6">
                <span className="sr-only">Feature</span>
              </th>
              {mainPlans.map(({ id, name, description, price }) => (
                <th key={id} scope="col" className="px-2 py-4 font-normal sm:p-6">
                  <span className="block font-semibold text-lead">{name}</span>
                  <span className="hidden text-caption text-muted sm:block">{description}</span>
                  <span className="mt-3 block font-semibold text-title tracking-tight">${price?.amount ?? 0}</span>
                  <span className="block text-caption text-muted">{price?.interval ? `per ${price.interval.unit}` : 'for ever'}</span>
                  <span className="mt-4 block min-h-10">
                    {customer.status === 'error' || customer.status === 'offline' ? (
                      <NotKnown className="text-caption" />
                    ) : (
                      <PlanAction planId={id as MainPlanId} held={held} canSwitch={isOwner} onChoose={setChosen} />
                    )}
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {featureIds.map((featureId) => (
              <tr key={featureId} className="border-line border-t">
                <th scope="row" className="py-3.5 pr-1 pl-4 font-medium sm:px-6">
                  {featureName(features, featureId)}
                </th>
                {mainPlans.map(({ id }) => (
                  <td key={id} className="px-2 py-3.5 tabular-nums sm:px-6">
                    <Terms terms={termsOf(id as MainPlanId, featureId)} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Card>
      <CreditPack canBuy={isOwner} />
      <SwitchPlanDialog
        to={chosen}
        onClose={() => setChosen(null)}
        onSwitched={() => {
          if (back !== undefined) void navigate({ to: back })
        }}
      />
    </>
  )
}

interface PlanActionProps {
  readonly planId: MainPlanId
  /** Undefined: not known yet. */
  readonly held: readonly string[] | undefined
  readonly canSwitch: boolean
  readonly onChoose: (planId: MainPlanId) => void
}

function PlanAction({ planId, held, canSwitch, onChoose }: PlanActionProps) {
  if (held === undefined) return <Skeleton className="h-10 w-full max-w-32" />
  if (held.includes(planId))
    return (
      <span className="inline-flex h-10 items-center gap-2 font-medium text-good">
        <Check aria-hidden="true" className="size-4" />
        Your plan
      </span>
    )
  return (
    <Button
      look={planId === 'pro' ? 'primary' : 'secondary'}
      disabled={!canSwitch}
      onClick={() => onChoose(planId)}
      className="max-sm:h-9 max-sm:px-2.5 max-sm:text-caption"
    >
      Switch to {plans[planId].name}
    </Button>
  )
}

function Terms({ terms }: { readonly terms: string | null }) {
  if (terms === null)
    return (
      <span className="text-muted">
        <Minus aria-hidden="true" className="size-4" />
        <span className="sr-only">Not included</span>
      </span>
    )
  if (terms !== 'Included') return terms
  return (
    <span className="text-good">
      <Check aria-hidden="true" className="size-4" />
      <span className="sr-only">Included</span>
    </span>
  )
}

function CreditPack({ canBuy }: { readonly canBuy: boolean }) {
  const [isOpen, setIsOpen] = useState(false)
  const customer = useCustomer()
  const buy = useMutation(
    trpc.plans.buyCredits.mutationOptions({
      onSuccess: async () => {
        await customer.refresh()
        setIsOpen(false)
      },
    }),
  )
  const { name, description, price } = plans.credit_pack
  return (
    <Card className="mt-6">
      <div className="flex flex-wrap items-center justify-between gap-4">
        <div>
          <h2 className="text-lead">{name}</h2>
          <p className="text-muted">
            {description}. {formatPrice(price)}, on top of any plan.
          </p>
        </div>
        <Button disabled={!canBuy} onClick={() => setIsOpen(true)}>
          Add 500 credits
        </Button>
      </div>
      <ConfirmDialog
        open={isOpen}
        onOpenChange={setIsOpen}
        title="Add 500 credits?"
        confirmLabel="Add 500 credits"
        pending={buy.isPending}
        onConfirm={() => buy.mutate()}
      >
        <p>{formatPrice(price)}. They are there at once and do not expire. This is a demo: nothing is charged.</p>
        {buy.error && (
          <div className="mt-4">
            <Notice kind="bad">{messageOf(buy.error)}</Notice>
          </div>
        )}
      </ConfirmDialog>
    </Card>
  )
}
