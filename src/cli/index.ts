#!/usr/bin/env node
import { Command, CommanderError, Option } from 'commander'
import { BASELINE_FILE, DEFAULT_REASON } from '../baseline.ts'
import { NonplusError } from '../model/errors.ts'
import { defaultRules, regressionRules } from '../regressions.ts'
import { diffReporters } from '../reporters/diff-reporters.ts'
import { reporters } from '../reporters/index.ts'
import { version } from '../version.ts'
import type { BaselineFlags } from './baseline.ts'
import type { DiffFlags } from './diff.ts'
import type { ExplainFlags } from './explain.ts'
import { StartError } from './foreground.ts'
import type { InitFlags } from './init.ts'
import type { RunFlags } from './run.ts'

/** Exit code of wrong usage and of failures of nonplus itself; a child that fails keeps its own. */
const USAGE = 2

const RUN_NOTES = `
Findings and the summary go to standard error while the program runs. A reporter with a file writes when the program
has ended; a reporter other than console without a file writes to standard output, and what the program prints there
then goes to standard error.

The exit code is that of the program; 1 where it succeeded and --fail-on found something; 2 for wrong usage.`

const DIFF_NOTES = `
The exit code is 0 where nothing became worse by these rules; 1 where something did; 2 where a report cannot be read.`

const BASELINE_NOTES = `
Entries that are there stay as they are, with their reasons. The exit code is 0; 1 where --check says that the file would
change; 2 where a report or the baseline cannot be read.`

const DOCTOR_NOTES = `
What a program prints on standard output goes to standard error. The exit code is 0 where all is well; 1 where something
will not be watched, or was not; 2 for wrong usage.`

const EXPLAIN_NOTES = `
Nothing is changed in the database: the statement is planned in a transaction that is rolled back, and executed only with
--analyze, and only where it is proven to read. Values are shown with --values only.

The exit code is 0; 1 where --fail-on found something; 2 for wrong usage, a database that cannot be reached, and a statement
that is broken or was not explained.`

const program = new Command('nonplus')
  .description('Finds the query in the loop, proves it from the rows, and shows the line.')
  .version(version)
  .enablePositionalOptions()
  .showHelpAfterError()
  .exitOverride()

program
  .command('run')
  .description('run a program with the profiler preloaded')
  .usage('[options] -- <command …>')
  .passThroughOptions()
  .argument('<command...>', 'the program and its arguments, after --')
  .addOption(reporterOption(reporters, 'console, on standard error'))
  .option('--fail-on <severities or kinds>', 'exit with 1 on findings of these, comma-separated', split)
  .option('--baseline <file>', 'tolerate the findings of this file, see nonplus baseline')
  .option('--only <kinds>', 'look for these kinds only, comma-separated', split)
  .option('--ignore <kinds>', 'leave these kinds out, comma-separated', split)
  .option('--values', "tell values of parameters in findings: they may be anybody's data")
  .option(
    '--explain [=mode]',
    'explain the statements, and judge their plans: plan (where no mode is said), analyze or auto_explain',
  )
  .option('--config <file>', 'the configuration, in place of the one that is found')
  .option('--quiet', 'print nothing but what a reporter writes')
  .option('--otlp <endpoint>', 'send scopes, statements and findings to a receiver of OTLP over HTTP')
  .option('--no-color', 'no escape codes in findings and reports')
  .addHelpText('after', RUN_NOTES)
  .action(async (command: string[], flags: RunFlags) => {
    const { run } = await import('./run.ts')
    await run(command, flags)
  })

program
  .command('explain')
  .description('ask the database for the plan of a statement, judge it, and try the indexes that may help')
  .argument('[sql]', 'the statement, with $1 or ? for values; - for standard input')
  .option('--url <url>', 'postgres://…, mysql://…, mariadb://…, sqlite:<file>; else explainUrl, DATABASE_URL')
  .option('--params <json>', 'values of its placeholders, a JSON array: \'[77, "done"]\'')
  .option('--session <sql>', 'a SET of its connection, repeatable', collect, [])
  .option('--analyze', 'execute it too, where it is proven to read: rows and times are then actual ones')
  .option('--generic', 'the plan for unknown values; PostgreSQL')
  .option('--plan <file>', 'a saved plan of any engine in place of a database; - for standard input')
  .option(
    '--statistics <file>',
    'plan by the statistics of another database: its export, or what pg_dump --statistics-only wrote',
  )
  .option(
    '--export-statistics <file>',
    'write the statistics of this database for that; values in them with --values only',
  )
  .option(
    '--scratch',
    'try indexes for real, in a transaction that is rolled back: blocks writers meanwhile; MySQL: on larger samples',
  )
  .option('--timeout <ms>', 'longest time that planning, and executing, may take (default: 2000)')
  .addOption(reporterOption(reporters, 'console, on standard output'))
  .option('--fail-on <severities or kinds>', 'exit with 1 on findings of these, comma-separated', split)
  .option('--only <kinds>', 'look for these kinds only, comma-separated', split)
  .option('--ignore <kinds>', 'leave these kinds out, comma-separated', split)
  .option('--values', "show values and literals: they may be anybody's data")
  .option('--config <file>', 'the configuration, in place of the one that is found')
  .option('--no-color', 'no escape codes')
  .addHelpText('after', EXPLAIN_NOTES)
  .action(async (sql: string | undefined, flags: ExplainFlags) => {
    const { explain } = await import('./explain.ts')
    process.exitCode = await explain(sql, flags)
  })

program
  .command('diff')
  .description('what a change did to query counts and findings, per scope name')
  .argument('<before.json>', 'what --reporter json wrote without the change')
  .argument('<after.json>', 'what it wrote with the change')
  .addOption(reporterOption(diffReporters, 'text, on standard output'))
  .addOption(
    new Option('--fail-on <rules>', `${regressionRules.join(', ')}; or none; comma-separated`)
      .argParser(split)
      .default(defaultRules, defaultRules.join(',')),
  )
  .option('--no-color', 'no escape codes')
  .addHelpText('after', DIFF_NOTES)
  .action(async (before: string, after: string, flags: DiffFlags) => {
    const { diff } = await import('./diff.ts')
    process.exitCode = diff(before, after, flags)
  })

program
  .command('baseline')
  .description('write down the findings of JSON reports, so that only new ones fail')
  .argument('<report.json...>', 'what --reporter json wrote; several for a run in several parts')
  .option('--file <file>', 'the baseline', BASELINE_FILE)
  .option('--reason <text>', 'why the findings that are added are tolerated', DEFAULT_REASON)
  .option('--prune', 'add nothing, and remove entries that no report has')
  .option('--check', 'write nothing, and exit with 1 where the file would change')
  .addHelpText('after', BASELINE_NOTES)
  .action(async (reports: string[], flags: BaselineFlags) => {
    const { baseline } = await import('./baseline.ts')
    process.exitCode = baseline(reports, flags)
  })

program
  .command('doctor')
  .description('what would be hooked in this project, and what would not; with a command: what was')
  .usage('[options] [-- <command …>]')
  .passThroughOptions()
  .argument('[command...]', 'a program to run, after --')
  .option('--config <file>', 'the configuration, in place of the one that is found')
  .addHelpText('after', DOCTOR_NOTES)
  .action(async (command: string[], { config }: { config?: string }) => {
    const { doctor } = await import('./doctor.ts')
    process.exitCode = await doctor(command, config)
  })

program
  .command('init')
  .description('set nonplus up in this project: shows what it would change, and asks')
  .option('--yes', 'take all suggestions, and do not ask')
  .option('--dry-run', 'show what would be changed, and change nothing')
  .action(async (flags: InitFlags) => {
    const { init } = await import('./init.ts')
    process.exitCode = await init(flags)
  })

program
  .command('demo')
  .description('the bundled example on an embedded database: N+1 found and proven')
  .action(async () => {
    const { demo } = await import('./demo.ts')
    process.exitCode = await demo({})
  })

function reporterOption(registry: object, shownByDefault: string): Option {
  return new Option('--reporter <name[=file]>', `${Object.keys(registry).join(', ')}; repeatable`)
    .argParser((value: string, previous: readonly string[]) => [...previous, value])
    .default([], shownByDefault)
}

function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value]
}

function split(value: string): string[] {
  return value.split(',').map((part) => part.trim())
}

program.parseAsync().catch((error: unknown) => {
  process.exitCode = exitCodeOf(error)
})

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) {
    // commander has printed the message, or the help that was asked for
    return error.exitCode === 0 ? 0 : USAGE
  }
  const message = error instanceof NonplusError ? error.message : ((error as Error).stack ?? String(error))
  process.stderr.write(`nonplus: ${message}\n`)
  return error instanceof StartError ? error.exitCode : USAGE
}
