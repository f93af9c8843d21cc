import { inspectRouter } from '@tollgate/server'
import { Command, InvalidArgumentError } from 'commander'
import { diagnose } from './doctor/diagnose.ts'
import { findRouter } from './doctor/findRouter.ts'
import { type Ignore, parseIgnore } from './doctor/ignore.ts'
import { type Report, reportOf, textOf } from './doctor/report.ts'
import { ruleIds, rules } from './doctor/rules.ts'
import { answering, Fault, NO_ANSWER, reporting, sentenceOf } from './fault.ts'
import { catalogOf } from './loadCatalog.ts'
import { loadModule } from './loadModule.ts'

interface DoctorOptions {
  readonly export?: string
  readonly catalog?: string
  readonly ignore?: readonly Ignore[]
  readonly errorsOnly?: boolean
  readonly json?: boolean
}

/** `tollgate doctor`: what of a router and its registry is probably not meant. Ends with status 1 when there is something. */
export function doctorCommand(): Command {
  return answering(
    new Command('doctor')
      .summary('look through a router for what is probably not meant')
      .description(
        'Looks through a tRPC router and its registry for what is probably not meant. Calls no procedure; the module itself is run.',
      )
      .argument('<module>', 'module that exports the router, in TypeScript or JavaScript')
      .option('-e, --export <name>', "the router's name there (default: appRouter, router, default, or the only router)")
      .option('-c, --catalog <file>', "module that exports 'features' and 'plans' (default: the router's module)")
      .option('-i, --ignore <rule[:name]>', 'leave out a rule, or one name of it; * stands for any text (repeatable)', collectIgnore)
      .option('--errors-only', 'leave out the warnings')
      .option('--json', 'write the report as JSON')
      .addHelpText('after', help)
      .action(leaving(reporting(doctor, NO_ANSWER))),
  )
}

const help = `
Rules:
${ruleIds.map((id) => `  ${rules[id].severity.padEnd(8)} ${id.padEnd(20)} ${rules[id].about}`).join('\n')}

Exit status: 0 nothing to mend, 1 there are findings, 2 the module could not be read.

Example:
  tollgate doctor src/router.ts --catalog src/catalog.ts --ignore 'unmetered-procedure:admin.*'`

async function doctor(module: string, options: DoctorOptions): Promise<void> {
  const say = ownOutput()
  const report = await examine(module, options)
  process.exitCode = report.findings.length === 0 ? 0 : 1
  say(options.json ? `${JSON.stringify(report, null, 2)}\n` : textOf(report))
}

async function examine(path: string, options: DoctorOptions): Promise<Report> {
  const exports = await loadModule(path, 'router')
  const router = findRouter(exports, path, options.export ?? null)
  if (options.catalog === undefined && exports['features'] === undefined)
    throw new Fault(`${path} exports no 'features': name the module that does with --catalog`)
  const { catalog = path } = options
  const { features, plans } = catalogOf(options.catalog === undefined ? exports : await loadModule(catalog, 'catalog'), catalog)
  const procedures = await inspectRouter(router).catch((error: unknown) => {
    throw new Fault(`a router that ${path} loads on its first call cannot be loaded: ${sentenceOf(error)}`, { cause: error })
  })
  const patient = { procedures, features, plans }
  const findings = diagnose(patient).filter(
    (finding) => !(options.errorsOnly && finding.severity === 'warning') && !options.ignore?.some((ignore) => ignore(finding)),
  )
  return reportOf(patient, findings)
}

/** Keeps the output for the report: what the loaded modules write to it goes to the errors instead. */
function ownOutput(): (text: string) => void {
  const write = process.stdout.write.bind(process.stdout)
  process.stdout.write = process.stderr.write.bind(process.stderr)
  return write
}

/** Ends the process with its action: what the loaded modules opened would keep it alive. */
function leaving<$Args extends readonly unknown[]>(action: (...args: $Args) => Promise<void>): (...args: $Args) => Promise<void> {
  return async (...args) => {
    await action(...args)
    process.exit()
  }
}

function collectIgnore(text: string, earlier: readonly Ignore[] = []): readonly Ignore[] {
  const ignore = parseIgnore(text)
  if (typeof ignore === 'string') throw new InvalidArgumentError(ignore)
  return [...earlier, ignore]
}
