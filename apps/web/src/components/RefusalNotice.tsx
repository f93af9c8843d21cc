import { Link, useLocation } from '@tanstack/react-router'
import { type DenialReason, featureName } from '@tollgate/features'
import { type MouseEvent, useRef, useState } from 'react'
import { features, plans } from '../../catalog.ts'
import { useCustomer } from '../client.ts'
import { formatDistance, formatMoment, formatNumber } from '../format.ts'
import { type FeatureKey, unitNames } from '../plans/planTerms.ts'
import { SwitchPlanDialog } from '../plans/SwitchPlanDialog.tsx'
import { unlockedBy } from '../plans/unlockedBy.ts'
import { useIsOwner } from '../session.ts'
import { Button } from './Button.tsx'
import { Notice } from './Notice.tsx'

/** What was refused, or would be. */
export interface Refusal {
  readonly reason: DenialReason
  readonly featureId: FeatureKey
  /** The balance that is short; null when there is none. */
  readonly poolId: FeatureKey | null
  /** What was asked of that balance, in its units. */
  readonly required: number
  /** Null: it was not read. */
  readonly remaining: number | 'unlimited' | null
  readonly resetsAt: number | null
}

export interface RefusalNoticeProps {
  readonly refusal: Refusal
  /** Units of the feature that were asked for. */
  readonly units: number
}

/** Why something cannot be done right now, when that changes by itself, and which plan changes it at once. */
export function RefusalNotice({ refusal, units }: RefusalNoticeProps) {
  const { pathname } = useLocation()
  const customer = useCustomer()
  const isOwner = useIsOwner()
  const [isSwitching, setIsSwitching] = useState(false)
  const place = useRef<Element | null>(null)
  const held = customer.plans?.map(({ planId }) => planId) ?? []
  const unlocking = isOfBalance(refusal.reason) ? unlockedBy(refusal.featureId, units, held) : null
  const open = (event: MouseEvent<HTMLElement>) => {
    place.current = event.currentTarget.closest('form, section')
    setIsSwitching(true)
  }
  return (
    <>
      <Notice
        kind={refusal.reason === 'feature_not_in_plan' ? 'info' : 'warn'}
        title={titleOf(refusal)}
        actions={
          unlocking !== null && (
            <>
              {isOwner && (
                <Button look="primary" size="small" onClick={open}>
                  Switch to {plans[unlocking].name}
                </Button>
              )}
              <Link
                to="/plans"
                search={{ back: pathname }}
                className="inline-flex h-8 items-center rounded-lg px-2.5 font-medium text-caption text-ink underline underline-offset-4 hover:bg-surface"
              >
                Compare plans
              </Link>
            </>
          )
        }
      >
        <p>
          {detailOf(refusal)} {refusal.resetsAt !== null && resetOf(refusal.resetsAt, customer.at ?? Date.now())}{' '}
          {unlocking !== null && wayOut(plans[unlocking].name, refusal, isOwner)}
        </p>
      </Notice>
      <SwitchPlanDialog to={isSwitching ? unlocking : null} onClose={() => setIsSwitching(false)} onSwitched={() => goOn(place.current)} />
    </>
  )
}

/** Puts the focus where one was when it was refused: this notice is gone by then, and the button that it stood at can be pressed. */
function goOn(place: Element | null): void {
  const button = place?.querySelector<HTMLElement>('button[type=submit]') ?? place?.querySelector('button')
  // After the dialog has given up the focus.
  requestAnimationFrame(() => button?.focus())
}

function isOfBalance(reason: DenialReason): boolean {
  return reason === 'feature_not_in_plan' || reason === 'limit_reached'
}

function titleOf({ reason, featureId, poolId }: Refusal): string {
  const name = featureName(features, featureId)
  switch (reason) {
    case 'feature_not_in_plan':
      return `${name} is not in your plan`
    case 'limit_reached':
      return `Not enough ${unitNames(poolId ?? featureId).plural} left`
    case 'usage_limit_reached':
    case 'spend_limit_reached':
      return `The limit for ${name} is reached`
    case 'outage':
      return 'Your balance cannot be checked right now'
    case 'operation_conflict':
      return 'This call repeats another one with a different input'
    case 'operation_in_progress':
      return 'This call is running already'
    case 'answer_too_large':
    case 'answer_streamed':
      return 'This call was done before, and its answer was not kept'
    case 'entity_not_found':
      return 'There is no such seat'
  }
}

function detailOf({ reason, featureId, poolId, required, remaining }: Refusal): string {
  if (reason === 'outage') return 'Nothing was done and nothing was charged. Try again in a moment.'
  if (reason !== 'limit_reached') return ''
  const names = unitNames(poolId ?? featureId)
  return `This needs ${formatNumber(required)} ${required === 1 ? names.singular : names.plural}, and you have ${formatNumber(remaining ?? 0)}.`
}

function resetOf(resetsAt: number, now: number): string {
  return `More on ${formatMoment(resetsAt, now)} (${formatDistance(resetsAt, now)}).`
}

function wayOut(plan: string, { reason }: Refusal, isOwner: boolean): string {
  const told = reason === 'feature_not_in_plan' ? `${plan} has it` : `${plan} has more at once`
  return isOwner ? `${told}.` : `${told}: ask an owner to switch.`
}
