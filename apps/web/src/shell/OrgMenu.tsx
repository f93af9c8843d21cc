import { Menu } from '@base-ui/react/menu'
import { Check, ChevronsUpDown } from 'lucide-react'
import { plans } from '../../catalog.ts'
import { announce } from '../announce.ts'
import { useCustomer } from '../client.ts'
import { useSession, useSessionChanges } from '../session.ts'
import { menuItemLook, menuPopupLook } from './menuLook.ts'

/** The organisation one works for, and the way to another. */
export function OrgMenu() {
  const { membership, memberships } = useSession()
  const { switchOrg } = useSessionChanges()
  const customer = useCustomer()
  const orgNameOf = (orgId: string) => `Organisation: ${memberships.find((each) => each.orgId === orgId)?.orgName ?? ''}`
  const planId = customer.plans?.find(({ planId: id }) => id === 'free' || id === 'pro')?.planId
  return (
    <Menu.Root>
      <Menu.Trigger className="flex w-full items-center gap-3 rounded-xl border border-line bg-surface px-3 py-2 text-left hover:border-line-strong data-popup-open:border-line-strong">
        <Monogram name={membership.orgName} />
        <span className="min-w-0 grow">
          <span className="block truncate font-medium leading-5">
            <span className="sr-only">Organisation: </span>
            {membership.orgName}
          </span>
          <span className="block h-4.5 text-caption text-muted">
            {planId === 'free' || planId === 'pro' ? `${plans[planId].name} plan` : ''}
          </span>
        </span>
        <ChevronsUpDown aria-hidden="true" className="size-4 shrink-0 text-muted" />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={6} align="start" className="z-50">
          <Menu.Popup className={menuPopupLook}>
            <Menu.RadioGroup
              value={membership.orgId}
              onValueChange={(orgId: string) =>
                orgId !== membership.orgId && switchOrg.mutate(orgId, { onSuccess: () => announce(orgNameOf(orgId)) })
              }
            >
              {memberships.map(({ orgId, orgName, role }) => (
                <Menu.RadioItem key={orgId} value={orgId} closeOnClick className={menuItemLook}>
                  <Monogram name={orgName} />
                  <span className="grow">
                    <span className="block leading-5">{orgName}</span>
                    <span className="block text-caption text-muted">{role === 'owner' ? 'Owner' : 'Member'}</span>
                  </span>
                  <Menu.RadioItemIndicator>
                    <Check aria-hidden="true" className="size-4 text-accent-text" />
                  </Menu.RadioItemIndicator>
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}

function Monogram({ name }: { readonly name: string }) {
  return (
    <span aria-hidden="true" className="grid size-8 shrink-0 place-items-center rounded-lg bg-ink font-semibold text-caption text-paper">
      {name.charAt(0)}
    </span>
  )
}
