import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { createApp } from './app.ts'
import { type Config, readConfig } from './config.ts'
import { openServices } from './openServices.ts'
import { StartError } from './startError.ts'
import { stopperOf } from './stopServer.ts'

try {
  await start(readConfig(process.env))
} catch (error) {
  if (!(error instanceof StartError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}

async function start(config: Config): Promise<void> {
  const { services, close } = await openServices(config)
  const server = await listen(createApp(services).fetch, config.port)
  const stop = stopperOf(server)
  const leave = async (): Promise<void> => {
    // A second signal means "at once", which is what a signal does by itself.
    process.off('SIGTERM', leave).off('SIGINT', leave)
    await stop()
    await close()
    process.exit(0)
  }
  process.on('SIGTERM', leave).on('SIGINT', leave)
  process.stdout.write(`The studio is open on http://localhost:${(server.address() as AddressInfo).port}\n`)
}

function listen(fetch: (request: Request) => Response | Promise<Response>, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    // Without a `createServer` of one's own it is a plain HTTP server.
    const server = serve({ fetch, port }, () => resolve(server)) as Server
    server.on('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port)))
  })
}

function listenError(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code === 'EADDRINUSE')
    return new StartError(`Port ${port} is taken by another program: stop it, or choose another port with PORT.`, { cause: error })
  if (error.code === 'EACCES')
    return new StartError(`Port ${port} may not be used by this user: choose one above 1023 with PORT.`, { cause: error })
  return error
}
