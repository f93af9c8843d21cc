/** A new operation id: random, and made in pages without TLS too, where `crypto.randomUUID` is missing. */
export function createOperationId(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID()
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
