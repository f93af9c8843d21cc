import { TRPCClientError } from '@trpc/client'

/** An error as a query or a mutation tells it. */
export interface Failure {
  readonly message: string
}

/** What to tell a person about an error. */
export function messageOf(error: Failure): string {
  if (!(error instanceof TRPCClientError)) return 'Something went wrong. Try again.'
  // Without data nothing was answered: the message is the browser's own.
  if (!error.data)
    return navigator.onLine ? 'The studio does not answer. Try again in a moment.' : 'You are offline. Try again when you are back.'
  if (error.data.code === 'INTERNAL_SERVER_ERROR') return 'Something went wrong on our side. You were not charged.'
  if (error.data.code === 'BAD_REQUEST') return 'That was not understood. Check what you entered.'
  return error.message
}
