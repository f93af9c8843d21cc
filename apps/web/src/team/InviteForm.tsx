import { useForm } from '@tanstack/react-form'
import { useMutation } from '@tanstack/react-query'
import { UserPlus } from 'lucide-react'
import { InviteInput } from '../../inputs.ts'
import { announce } from '../announce.ts'
import { queryClient, trpc, useFeature } from '../client.ts'
import { Button } from '../components/Button.tsx'
import { errorOf } from '../components/errorOf.ts'
import { Field, TextInput } from '../components/Field.tsx'
import { SpendNotice } from '../components/SpendNotice.tsx'

/** Invites somebody, for a seat. */
export function InviteForm() {
  const prospect = useFeature('seats', { units: 1 })
  const invite = useMutation(
    trpc.team.invite.mutationOptions({
      onSuccess: ({ name }) => {
        announce(`${name} joined the team`)
        return queryClient.invalidateQueries(trpc.team.members.queryFilter())
      },
    }),
  )
  const form = useForm({
    defaultValues: { name: '', email: '' },
    validators: { onSubmit: InviteInput },
    onSubmit: ({ value, formApi }) => invite.mutate(value, { onSuccess: () => formApi.reset() }),
  })
  return (
    <form
      aria-label="Invite"
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        void form.handleSubmit()
      }}
    >
      <form.Field name="name">
        {(field) => (
          <Field label="Name" error={errorOf(field.state.meta)}>
            <TextInput
              autoComplete="off"
              value={field.state.value}
              onBlur={field.handleBlur}
              onChange={(event) => field.handleChange(event.target.value)}
            />
          </Field>
        )}
      </form.Field>
      <form.Field name="email">
        {(field) => (
          <Field label="E-mail" error={errorOf(field.state.meta)}>
            <TextInput
              type="email"
              autoComplete="off"
              value={field.state.value}
              onBlur={field.handleBlur}
              onChange={(event) => field.handleChange(event.target.value)}
            />
          </Field>
        )}
      </form.Field>
      {!invite.isPending && <SpendNotice prospect={prospect} units={1} error={invite.error} />}
      <Button
        type="submit"
        look="primary"
        className="self-start"
        pending={invite.isPending}
        disabled={prospect.status !== 'ready' || !prospect.allowed}
      >
        {!invite.isPending && <UserPlus aria-hidden="true" />}
        Invite
      </Button>
    </form>
  )
}
