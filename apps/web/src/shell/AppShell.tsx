import { Dialog } from '@base-ui/react/dialog'
import { Outlet } from '@tanstack/react-router'
import { Menu as MenuIcon, X } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useSession, useSessionOfOtherTabs } from '../session.ts'
import { AccountMenu } from './AccountMenu.tsx'
import { Announcer } from './Announcer.tsx'
import { BalanceSummary } from './BalanceSummary.tsx'
import { Brand } from './Brand.tsx'
import { CreditsLeft } from './CreditsLeft.tsx'
import { NavigationList } from './NavigationList.tsx'
import { OrgMenu } from './OrgMenu.tsx'
import { StatusBanner } from './StatusBanner.tsx'
import { ThemeToggle } from './ThemeToggle.tsx'

const Devtools = lazy(() => import('../devtools/Devtools.tsx'))

/** What stands around every page of somebody who is signed in. */
export function AppShell() {
  const { devtools } = useSession()
  useSessionOfOtherTabs()
  return (
    <div className="mx-auto flex min-h-dvh max-w-[90rem] flex-col lg:flex-row">
      <a
        href="#page"
        className="sr-only z-50 rounded-lg bg-surface px-4 py-2 font-medium focus:not-sr-only focus:fixed focus:top-3 focus:left-3 focus:border focus:border-line"
      >
        Skip to the page
      </a>
      <aside className="sticky top-0 hidden h-dvh w-66 shrink-0 flex-col gap-6 overflow-y-auto border-line border-r px-4 py-5 lg:flex">
        <div className="flex items-center justify-between pl-2">
          <Brand />
          <div className="flex items-center gap-1">
            <ThemeToggle />
            <AccountMenu />
          </div>
        </div>
        <OrgMenu />
        <NavigationList />
        <div className="mt-auto rounded-xl bg-sunken/70 p-4">
          <BalanceSummary />
        </div>
      </aside>
      <TopBar />
      <Announcer />
      <main id="page" tabIndex={-1} className="min-w-0 grow px-4 pt-6 pb-28 outline-none sm:px-8 lg:px-10 lg:pt-9">
        <div className="mb-6 empty:hidden">
          <StatusBanner />
        </div>
        <Outlet />
      </main>
      {devtools && (
        <Suspense>
          <Devtools />
        </Suspense>
      )}
    </div>
  )
}

/** Takes the side's place where there is no room for one. */
function TopBar() {
  const [isOpen, setIsOpen] = useState(false)
  return (
    <header className="sticky top-0 z-20 flex h-14 items-center justify-between border-line border-b bg-paper/90 px-4 backdrop-blur lg:hidden">
      <div className="flex items-center gap-2">
        <Dialog.Root open={isOpen} onOpenChange={setIsOpen}>
          <Dialog.Trigger aria-label="Menu" className="grid size-9 place-items-center rounded-lg hover:bg-sunken">
            <MenuIcon aria-hidden="true" className="size-5" />
          </Dialog.Trigger>
          <Dialog.Portal>
            <Dialog.Backdrop className="fixed inset-0 z-30 bg-[#1d1a16]/45 transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0" />
            <Dialog.Popup className="fixed inset-y-0 left-0 z-30 flex w-80 max-w-[calc(100vw-3rem)] flex-col gap-6 overflow-y-auto border-line border-r bg-paper px-4 py-4 transition-transform data-ending-style:-translate-x-full data-starting-style:-translate-x-full">
              <div className="flex items-center justify-between pl-2">
                <Dialog.Title render={<div />}>
                  <Brand />
                </Dialog.Title>
                <Dialog.Close aria-label="Close the menu" className="grid size-9 place-items-center rounded-lg hover:bg-sunken">
                  <X aria-hidden="true" className="size-5" />
                </Dialog.Close>
              </div>
              <OrgMenu />
              <NavigationList onNavigate={() => setIsOpen(false)} />
              <div className="mt-auto rounded-xl bg-sunken/70 p-4">
                <BalanceSummary />
              </div>
            </Dialog.Popup>
          </Dialog.Portal>
        </Dialog.Root>
        <Brand />
      </div>
      <div className="flex items-center gap-1">
        <CreditsLeft />
        <ThemeToggle />
        <AccountMenu />
      </div>
    </header>
  )
}
