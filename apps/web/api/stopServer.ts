import type { IncomingMessage, Server, ServerResponse } from 'node:http'

const PATIENCE_MS = 10_000

/**
 * Follows what a server is answering, to be able to stop it without cutting anybody off: answers how to stop.
 *
 * Live feeds have no end of their own and are ended at once; their readers come back to whoever answers next. Everything else may finish,
 * for ten seconds.
 */
export function stopperOf(server: Server): () => Promise<void> {
  const answering = new Map<ServerResponse, IncomingMessage>()
  let stopping = false
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answering.set(response, request)
    response.on('close', () => answering.delete(response))
    if (stopping) end(request, response)
  })
  return async () => {
    stopping = true
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const [response, request] of answering) end(request, response)
    const impatience = setTimeout(() => server.closeAllConnections(), PATIENCE_MS)
    await closed
    clearTimeout(impatience)
  }
}

/** Ends a feed, and lets any other answer be the last of its connection. */
function end(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.accept?.includes('text/event-stream')) response.destroy()
  else if (!response.headersSent) response.setHeader('connection', 'close')
}
