import { hashKey, useMutation, useSuspenseQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { queryClient, type Session, trpc } from './client.ts'

/** Tells the other tabs of this browser, which share the cookie, that somebody else is signed in now. */
const channel = new BroadcastChannel('session')

/** Who is signed in. Only below the routes that need somebody to be. */
export function useSession(): Session {
  const { data } = useSuspenseQuery(trpc.session.current.queryOptions())
  if (data === null) throw new Error('This page is only for those who are signed in.')
  return data
}

/** Whether the one who is signed in may change the plan and the members. */
export function useIsOwner(): boolean {
  return useSession().membership.role === 'owner'
}

/** Signing in, out, and over to another organisation: all that was read for the one before is forgotten. */
export function useSessionChanges() {
  const router = useRouter()
  const onSuccess = async () => {
    channel.postMessage('changed')
    await forget(router)
  }
  return {
    signIn: useMutation({ mutationFn: (personId: string) => change('POST', '/session', { personId }), onSuccess }),
    switchOrg: useMutation({ mutationFn: (orgId: string) => change('PUT', '/session/org', { orgId }), onSuccess }),
    signOut: useMutation({ mutationFn: () => change('DELETE', '/session'), onSuccess }),
  }
}

/** Follows what another tab did to the session. */
export function useSessionOfOtherTabs(): void {
  const router = useRouter()
  useEffect(() => {
    const follow = () => void forget(router)
    channel.addEventListener('message', follow)
    return () => channel.removeEventListener('message', follow)
  }, [router])
}

async function forget(router: { invalidate(): Promise<void> }): Promise<void> {
  await queryClient.fetchQuery({ ...trpc.session.current.queryOptions(), staleTime: 0 })
  // Not the session itself: without it there would be nothing to show meanwhile.
  const sessionKey = trpc.session.current.queryKey()
  void queryClient.resetQueries({ predicate: ({ queryKey }) => hashKey(queryKey.slice(0, 1)) !== hashKey(sessionKey.slice(0, 1)) })
  await router.invalidate()
}

async function change(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<void> {
  const response = await fetch(path, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}`)
}
