import { Command } from 'commander'
import packageJson from '../package.json' with { type: 'json' }
import { diffCommand } from './diff.ts'
import { doctorCommand } from './doctor.ts'
import { outboxCommand } from './outbox.ts'
import { serveCommand } from './serve.ts'
import { exportCommand, importCommand } from './transfer.ts'
import { verifyCommand } from './verify.ts'

/** The `tollgate` command with everything it can do. */
export function createProgram(): Command {
  return new Command('tollgate')
    .description('Typed usage metering and feature gating: the embedded engine as a command')
    .version(packageJson.version)
    .addCommand(serveCommand())
    .addCommand(verifyCommand())
    .addCommand(exportCommand())
    .addCommand(importCommand())
    .addCommand(outboxCommand())
    .addCommand(diffCommand())
    .addCommand(doctorCommand())
}
