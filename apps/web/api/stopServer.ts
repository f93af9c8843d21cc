import type { IncomingMessage, Server, ServerResponse } from 'node:http'

const PATIENCE_MS = 10_000

/**
 * Follows what a server is answering, to be able to stop it without cutting anybody off: answers how to stop.
 *
 * Live feeds have no end of their own and are ended at once; their readers come back to whoever answers next. Everything else may finish,
 * for ten seconds.
 */
export function stopperOf(server: Server): () => Promise<void> {
  const answering = new Set<ServerResponse>()
  server.on('request', (_request: IncomingMessage, response: ServerResponse) => {
    answering.add(response)
    response.on('close', () => answering.delete(response))
  })
  return async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeIdleConnections()
    for (const response of answering) if (isFeed(response)) response.destroy()
    const impatience = setTimeout(() => server.closeAllConnections(), PATIENCE_MS)
    await closed
    clearTimeout(impatience)
  }
}

function isFeed(response: ServerResponse): boolean {
  return String(response.getHeader('content-type')).startsWith('text/event-stream')
}
