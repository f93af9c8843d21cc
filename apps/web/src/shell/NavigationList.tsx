import { Link } from '@tanstack/react-router'
import { navigation } from './navigation.ts'

/** The links to the pages. */
export function NavigationList({ onNavigate }: { readonly onNavigate?: () => void }) {
  return (
    <nav aria-label="Main" className="flex flex-col gap-5">
      {navigation.map(({ label, items }) => (
        <div key={label}>
          <p className="mb-1 px-3 text-caption text-muted">{label}</p>
          <ul className="flex flex-col gap-0.5">
            {items.map(({ to, label: name, icon: Icon }) => (
              <li key={to}>
                <Link
                  to={to}
                  {...(onNavigate && { onClick: onNavigate })}
                  className="flex h-9 items-center gap-2.5 rounded-lg px-3 text-muted hover:bg-sunken hover:text-ink"
                  activeProps={{ className: 'bg-accent-soft text-accent-text! font-medium' }}
                >
                  <Icon aria-hidden="true" className="size-4.5" />
                  {name}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  )
}
