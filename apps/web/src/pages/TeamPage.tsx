import { useMutation, useQuery } from '@tanstack/react-query'
import { Download, UserMinus } from 'lucide-react'
import { useRef, useState } from 'react'
import { announce } from '../announce.ts'
import { Gate, queryClient, trpc, useFeature } from '../client.ts'
import { BalanceMeter } from '../components/BalanceMeter.tsx'
import { Button } from '../components/Button.tsx'
import { Card } from '../components/Card.tsx'
import { ConfirmDialog } from '../components/ConfirmDialog.tsx'
import { Notice } from '../components/Notice.tsx'
import { NotKnown } from '../components/NotKnown.tsx'
import { PageHeader } from '../components/PageHeader.tsx'
import { RefusalNotice } from '../components/RefusalNotice.tsx'
import { Skeleton } from '../components/Skeleton.tsx'
import { messageOf } from '../messageOf.ts'
import { useIsOwner, useSession } from '../session.ts'
import { blobOf, saveFile } from '../studio/saveFile.ts'
import { InviteForm } from '../team/InviteForm.tsx'

/** Who is in the organisation: everybody takes a seat. */
export function TeamPage() {
  const isOwner = useIsOwner()
  return (
    <>
      <PageHeader title="Team">
        {isOwner
          ? 'Invite people and remove them: each takes a seat of your plan while they are here.'
          : 'Only an owner can invite and remove people.'}
      </PageHeader>
      <div className="grid items-start gap-6 xl:grid-cols-[1fr_24rem]">
        <Card title="Members">
          <Members canRemove={isOwner} />
        </Card>
        <div className="flex flex-col gap-6">
          <Card title="Seats">
            <Seats />
            {isOwner && (
              <div className="mt-5 border-line border-t pt-5">
                <InviteForm />
              </div>
            )}
          </Card>
          <Card title="Single sign-on">
            <SingleSignOn />
          </Card>
        </div>
      </div>
    </>
  )
}

function Seats() {
  const seats = useFeature('seats')
  if (seats.status !== 'ready') return seats.status === 'loading' ? <Skeleton className="h-9" /> : <NotKnown className="h-9" />
  const { used, granted, balance, unlimited } = seats
  return (
    <div data-testid="balance-seats" data-remaining={balance}>
      <BalanceMeter
        label="Free seats"
        used={used}
        granted={granted}
        remaining={balance === 'unlimited' ? 0 : balance}
        unlimited={unlimited}
        unit="free"
      />
    </div>
  )
}

function Members({ canRemove }: { readonly canRemove: boolean }) {
  const members = useQuery(trpc.team.members.queryOptions())
  const { person } = useSession()
  const list = useRef<HTMLUListElement>(null)
  const [leaving, setLeaving] = useState<{ readonly id: string; readonly name: string } | null>(null)
  const remove = useMutation(
    trpc.team.remove.mutationOptions({
      onSuccess: async () => {
        await queryClient.invalidateQueries(trpc.team.members.queryFilter())
        announce(`${leaving?.name ?? 'They'} left the team`)
        setLeaving(null)
      },
    }),
  )
  if (members.error) return <Notice kind="bad">{messageOf(members.error)}</Notice>
  if (members.data === undefined) return <Skeleton className="h-27.25" />
  return (
    <>
      {/* It takes the focus when the member is gone whose button had it. */}
      <ul ref={list} tabIndex={-1} aria-label="Members" className="outline-none">
        {members.data.map(({ id, name, email, role }) => (
          <li key={id} className="flex items-center gap-3 border-line border-t py-3 first:border-t-0 first:pt-0 last:pb-0">
            <span aria-hidden="true" className="grid size-9 shrink-0 place-items-center rounded-full bg-sunken font-semibold text-caption">
              {name.charAt(0)}
            </span>
            <div className="min-w-0 grow">
              <p className="truncate font-medium">
                {name}
                {id === person.id && <span className="font-normal text-muted"> (you)</span>}
              </p>
              <p className="truncate text-caption text-muted">{email}</p>
            </div>
            <span className="text-caption text-muted">{role === 'owner' ? 'Owner' : 'Member'}</span>
            <span className="w-9">
              {canRemove && role !== 'owner' && (
                <Button
                  look="quiet"
                  size="small"
                  className="w-9 px-0"
                  aria-label={`Remove ${name}`}
                  onClick={() => setLeaving({ id, name })}
                >
                  <UserMinus aria-hidden="true" />
                </Button>
              )}
            </span>
          </li>
        ))}
      </ul>
      <ConfirmDialog
        open={leaving !== null}
        onOpenChange={() => setLeaving(null)}
        title={`Remove ${leaving?.name ?? ''}?`}
        confirmLabel="Remove"
        danger
        pending={remove.isPending}
        finalFocus={list}
        onConfirm={() => leaving && remove.mutate({ personId: leaving.id })}
      >
        <p>They lose access at once, and their seat is free again. What they made stays.</p>
        {remove.error && <p className="mt-2 text-bad">{messageOf(remove.error)}</p>}
      </ConfirmDialog>
    </>
  )
}

function SingleSignOn() {
  const download = useMutation(
    trpc.exports.samlMetadata.mutationOptions({ onSuccess: ({ name, type, base64 }) => saveFile(name, blobOf(base64, type)) }),
  )
  return (
    <Gate
      feature="sso"
      loading={<Skeleton className="h-28.5" />}
      failed={<NotKnown />}
      fallback={(state) => (
        <RefusalNotice
          units={1}
          refusal={{
            reason: state.reason ?? 'feature_not_in_plan',
            featureId: 'sso',
            poolId: null,
            required: 1,
            remaining: 0,
            resetsAt: null,
          }}
        />
      )}
    >
      <p className="text-muted">
        Give this file to your identity provider to set the studio up as a service provider. The demo itself has no passwords.
      </p>
      {download.error && <Notice kind="bad">{messageOf(download.error)}</Notice>}
      <Button className="mt-4" pending={download.isPending} onClick={() => download.mutate()}>
        {!download.isPending && <Download aria-hidden="true" />}
        SAML metadata
      </Button>
    </Gate>
  )
}
