import { Command } from 'commander'
import packageJson from '../package.json' with { type: 'json' }
import { diffCommand } from './diff.ts'
import { doctorCommand } from './doctor.ts'
import { outboxCommand } from './outbox.ts'
import { serveCommand } from './serve.ts'
import { exportCommand, importCommand } from './transfer.ts'
import { verifyCommand } from './verify.ts'

const help = `
Examples:
  tollgate serve --url file:usage.db --catalog catalog.ts
  tollgate doctor src/router.ts --catalog src/catalog.ts

'tollgate help <command>' says more of each.`

/** The `tollgate` command with everything it can do. */
export function createProgram(): Command {
  return new Command('tollgate')
    .description(
      'Typed usage metering and feature gating for tRPC: looks after routers, registries and the ledgers of the embedded engine.',
    )
    .version(packageJson.version)
    .addCommand(serveCommand())
    .addCommand(verifyCommand())
    .addCommand(exportCommand())
    .addCommand(importCommand())
    .addCommand(outboxCommand())
    .addCommand(diffCommand())
    .addCommand(doctorCommand())
    .addHelpText('after', help)
}
