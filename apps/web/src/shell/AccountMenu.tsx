import { Menu } from '@base-ui/react/menu'
import { useNavigate } from '@tanstack/react-router'
import { LogOut } from 'lucide-react'
import { useSession, useSessionChanges } from '../session.ts'
import { menuItemLook, menuPopupLook } from './menuLook.ts'

/** Who is signed in, and the way out. */
export function AccountMenu() {
  const { person } = useSession()
  const { signOut } = useSessionChanges()
  const navigate = useNavigate()
  const initials = person.name
    .split(' ')
    .map((word) => word.charAt(0))
    .slice(0, 2)
    .join('')
  return (
    <Menu.Root>
      <Menu.Trigger className="grid size-9 place-items-center rounded-full bg-accent-soft font-semibold text-accent-text text-caption hover:ring-2 hover:ring-line">
        <span aria-hidden="true">{initials}</span>
        <span className="sr-only">Account: {person.name}</span>
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={6} align="end" className="z-50">
          <Menu.Popup className={menuPopupLook}>
            <div className="px-2.5 py-2">
              <p className="font-medium">{person.name}</p>
              <p className="text-caption text-muted">{person.email}</p>
            </div>
            <Menu.Item
              className={menuItemLook}
              onClick={() => signOut.mutate(undefined, { onSuccess: () => navigate({ to: '/sign-in' }) })}
            >
              <LogOut aria-hidden="true" className="size-4 text-muted" />
              Sign out
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}
