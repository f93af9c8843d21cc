import { existsSync } from 'node:fs'
import { type Delivery, type KeptDelivery, type OutboxStore, openOutboxStore } from '@tollgate/server/autumn'
import { Command } from 'commander'
import { Fault, reporting, sentenceOf } from './fault.ts'

interface OutboxOptions {
  readonly url: string
}

const MOST_LISTED = 1_000

/** `tollgate outbox`: what an application has not told Autumn yet, and what was given up. */
export function outboxCommand(): Command {
  const url = ['-u, --url <store>', "the application's outbox", 'file:outbox.db'] as const
  const list = new Command('list')
    .description('List what waits to be delivered, oldest first.')
    .option(...url)
    .option('--dead', 'list what was given up instead')
    .action(
      reporting(({ dead = false, ...options }: OutboxOptions & { readonly dead?: boolean }) =>
        withOutbox(options, (store) => print(store, dead)),
      ),
    )
  const retry = new Command('retry')
    .description('Let the application try again what was given up.')
    .argument('[key]', 'key of one delivery, as list shows it (default: all of them)')
    .option(...url)
    .action(
      reporting((key: string | undefined, options: OutboxOptions) =>
        withOutbox(options, async (store) => say(`${await store.revive(key ?? null)} will be tried again`)),
      ),
    )
  const discard = new Command('discard')
    .description('Delete a delivery that was given up: it is never charged.')
    .argument('<key>', 'key of the delivery, as list shows it')
    .option(...url)
    .action(
      reporting((key: string, options: OutboxOptions) =>
        withOutbox(options, async (store) => {
          if (!(await store.discard(key))) throw new Fault(`no delivery with the key '${key}' was given up`)
          say('discarded')
        }),
      ),
    )
  return new Command('outbox')
    .summary('see what an application has not delivered to Autumn')
    .description(
      'Shows what an application has used and not delivered to Autumn: what waits, and what was given up because Autumn refused it for good.',
    )
    .addCommand(list, { isDefault: true })
    .addCommand(retry)
    .addCommand(discard)
    .addHelpText('after', '\nExample:\n  tollgate outbox list --url file:outbox.db --dead')
}

async function withOutbox({ url }: OutboxOptions, work: (store: OutboxStore) => Promise<void>): Promise<void> {
  if (!/^postgres(ql)?:\/\//.test(url)) assertFile(url)
  const store = opened(url)
  try {
    await work(store)
  } catch (error) {
    throw error instanceof Fault ? error : new Fault(sentenceOf(error))
  } finally {
    await store.close()
  }
}

/** Opening a file that is not there would make one. */
function assertFile(url: string): void {
  const path = /^file:(.+)$/.exec(url)?.[1]
  if (path === undefined || !existsSync(path))
    throw new Fault(`there is no outbox at '${url}': name the application's, as in file:outbox.db or postgres://user@host/database`)
}

function opened(url: string): OutboxStore {
  try {
    return openOutboxStore(url)
  } catch (error) {
    throw new Fault(sentenceOf(error))
  }
}

async function print(store: OutboxStore, dead: boolean): Promise<void> {
  const { pending, dead: givenUp } = await store.counts()
  for (const each of await store.list(dead ? 'dead' : 'pending', MOST_LISTED)) say(lineOf(each))
  say(`${pending} waiting, ${givenUp} given up`)
}

function lineOf({ delivery, attempts, error }: KeptDelivery): string {
  const at = new Date(delivery.at).toISOString()
  const failed = error === null ? '' : `  ${attempts} tries, last: ${error}`
  return `${delivery.key}  ${at}  ${delivery.customerId}  ${delivery.action} ${unitsOf(delivery)}${delivery.featureId}${failed}`
}

function unitsOf(delivery: Delivery): string {
  return delivery.action === 'release' ? '' : `${delivery.units} `
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
