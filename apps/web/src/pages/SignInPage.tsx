import { useSuspenseQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { ArrowRight } from 'lucide-react'
import { trpc } from '../client.ts'
import { Notice } from '../components/Notice.tsx'
import { messageOf } from '../messageOf.ts'
import { useSessionChanges } from '../session.ts'
import { Brand } from '../shell/Brand.tsx'
import { ThemeToggle } from '../shell/ThemeToggle.tsx'

/** Choosing who to be. */
export function SignInPage() {
  const { data: people } = useSuspenseQuery(trpc.session.people.queryOptions())
  const { signIn } = useSessionChanges()
  const { to } = useSearch({ from: '/sign-in' })
  const navigate = useNavigate()
  return (
    <div className="mx-auto flex min-h-dvh max-w-md flex-col px-5 py-6">
      <title>Sign in · Halftone</title>
      <div className="flex justify-end">
        <ThemeToggle />
      </div>
      <main className="flex grow flex-col justify-center pb-16">
        <Brand />
        <h1 className="mt-8 text-display">Who are you today?</h1>
        <p className="mt-3 text-muted text-pretty">
          Halftone makes pictures and shortens texts for small teams. This is a demo: choose a person, and nobody asks for a password.
        </p>
        <ul className="mt-8 flex flex-col gap-2">
          {people.map(({ id, name, memberships }) => (
            <li key={id}>
              <button
                type="button"
                disabled={signIn.isPending}
                onClick={() => signIn.mutate(id, { onSuccess: () => navigate({ to: to ?? '/images' }) })}
                className="group flex w-full items-center gap-4 rounded-xl border border-line bg-surface px-4 py-3 text-left transition-colors hover:border-line-strong disabled:cursor-progress"
              >
                <span
                  aria-hidden="true"
                  className="grid size-10 shrink-0 place-items-center rounded-full bg-accent-soft font-semibold text-accent-text"
                >
                  {name.charAt(0)}
                </span>
                <span className="min-w-0 grow">
                  <span className="block font-medium">{name}</span>
                  <span className="block text-caption text-muted text-pretty">
                    {memberships.map(({ orgName, role }) => `${orgName} (${role})`).join(', ')}
                  </span>
                </span>
                <ArrowRight aria-hidden="true" className="size-4 shrink-0 text-muted transition-transform group-hover:translate-x-0.5" />
              </button>
            </li>
          ))}
        </ul>
        {signIn.error && (
          <div className="mt-4">
            <Notice kind="bad">{messageOf(signIn.error)}</Notice>
          </div>
        )}
      </main>
    </div>
  )
}
