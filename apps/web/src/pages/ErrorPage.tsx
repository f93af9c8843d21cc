import { type ErrorComponentProps, useRouter } from '@tanstack/react-router'
import { Button } from '../components/Button.tsx'
import { messageOf } from '../messageOf.ts'
import { Brand } from '../shell/Brand.tsx'

/** What is shown in place of a page that failed. */
export function ErrorPage({ error }: ErrorComponentProps) {
  const router = useRouter()
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col items-start justify-center gap-4 px-5">
      <title>Something went wrong · Halftone</title>
      <Brand />
      <h1 className="text-title">This page could not be shown</h1>
      <p className="text-muted">{messageOf(error instanceof Error ? error : new Error(String(error)))}</p>
      <Button look="primary" onClick={() => router.invalidate()}>
        Try again
      </Button>
    </main>
  )
}
