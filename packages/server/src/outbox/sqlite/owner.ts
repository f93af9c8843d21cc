import { randomUUID } from 'node:crypto'

/** Names this process in what it claims. SQLite files are shared within one machine, so that a process id says whether an owner lives. */
export function newOwner(): string {
  return `${process.pid}:${randomUUID()}`
}

/** Whether the process that an owner's name was made in still runs. */
export function isAlive(owner: string, self: string): boolean {
  if (owner === self) return true
  const pid = Number.parseInt(owner, 10)
  // Two owners of one process are two backends on one file; the same id after a restart, as in a container, cannot be told from that by the
  // system, so that the process's own list decides.
  if (pid === process.pid) return livingHere.has(owner)
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

const livingHere = new Set<string>()

export function enter(owner: string): void {
  livingHere.add(owner)
}

export function leave(owner: string): void {
  livingHere.delete(owner)
}
