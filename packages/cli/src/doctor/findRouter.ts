import type { inspectRouter } from '@tollgate/server'
import { Fault } from '../fault.ts'
import type { Exports } from '../loadModule.ts'

/** A router of the user's own tRPC, as it is inspected. */
type Router = Parameters<typeof inspectRouter>[0]

/** Where a router is looked for, in this order. */
const usualNames = ['appRouter', 'router', 'default'] as const

/** The router among the exports of a module: the one of that name, else one of a usual name, else the only one there is. */
export function findRouter(exports: Exports, path: string, name: string | null): Router {
  if (name !== null) {
    const named = exports[name]
    if (isRouter(named)) return named
    throw new Fault(
      name in exports
        ? `'${name}' of ${path} is no tRPC router: ${whatItIs(name, named)}`
        : `${path} exports no '${name}': ${listed(exports)}`,
    )
  }
  for (const usual of usualNames) if (isRouter(exports[usual])) return exports[usual]
  const routers = Object.entries(exports).filter((entry): entry is [string, Router] => isRouter(entry[1]))
  const [only, another] = routers
  if (only === undefined) throw new Fault(`${path} exports no tRPC router: ${listed(exports)}`)
  if (another === undefined) return only[1]
  throw new Fault(`${path} exports several routers: name one of ${routers.map(([each]) => each).join(', ')} with --export`)
}

function isRouter(value: unknown): value is Router {
  if (!isObject(value) || !('_def' in value) || !isObject(value._def)) return false
  return 'router' in value._def && value._def.router === true && 'procedures' in value._def && 'lazy' in value._def
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' || typeof value === 'function') && value !== null
}

function whatItIs(name: string, value: unknown): string {
  return typeof value === 'function'
    ? `it is a function; export what it makes, as in: export const router = ${name}(…)`
    : `it is a ${typeof value}`
}

function listed(exports: Exports): string {
  const names = Object.keys(exports)
  if (names.length === 0) return 'it exports nothing'
  const maker = names.find((name) => typeof exports[name] === 'function' && /router/i.test(name))
  return `it exports ${names.join(', ')}${maker === undefined ? '' : `; export what ${maker} makes, as in: export const router = ${maker}(…)`}`
}
