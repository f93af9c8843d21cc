import { Link } from '@tanstack/react-router'
import { Brand } from '../shell/Brand.tsx'

export function NotFoundPage() {
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col items-start justify-center gap-4 px-5">
      <title>Not found · Halftone</title>
      <Brand />
      <h1 className="text-title">There is no such page</h1>
      <p className="text-muted">The address may be mistyped, or the page is gone.</p>
      <Link to="/images" className="font-medium text-accent-text underline underline-offset-4">
        Go to the studio
      </Link>
    </main>
  )
}
