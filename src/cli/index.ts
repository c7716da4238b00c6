#!/usr/bin/env node
import { Command, CommanderError, Option } from 'commander'
import { NonplusError } from '../model/errors.ts'
import { nearest } from '../model/nearest.ts'
import { version } from '../version.ts'
import type { RunFlags } from './run.ts'

/** Exit code of wrong usage and of failures of nonplus itself; a child that fails keeps its own. */
const USAGE = 2

const program = new Command('nonplus')
  .description('Finds the query in the loop, proves it from the rows, and shows the line.')
  .version(version)
  .enablePositionalOptions()
  .exitOverride()

program
  .command('run')
  .description('run a program with the profiler preloaded')
  .usage('[options] -- <command …>')
  .passThroughOptions()
  .argument('<command...>', 'the program and its arguments, after --')
  .option('--reporter <name[=file]>', 'console (default), json; repeatable', collect, [])
  .option('--fail-on <severities or kinds>', 'exit with 1 on findings of these, comma-separated', split)
  .option('--only <kinds>', 'look for these kinds only, comma-separated', split)
  .option('--ignore <kinds>', 'leave these kinds out, comma-separated', split)
  .option('--quiet', 'print nothing but what a reporter writes')
  .addOption(new Option('--no-color', 'no escape codes, also not in the findings of the program'))
  .action(async (command: string[], flags: RunFlags) => {
    const { run } = await import('./run.ts')
    await run(command, flags)
  })

program
  .command('demo')
  .description('the bundled example on an embedded database: N+1 found and proven')
  .action(async () => {
    const { demo } = await import('./demo.ts')
    process.exitCode = await demo({})
  })

function collect(value: string, previous: string[]): string[] {
  return [...previous, value]
}

function split(value: string): string[] {
  return value.split(',').map((part) => part.trim())
}

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = exitCodeOf(error)
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) {
    // commander has printed the message, or the help that was asked for
    if (error.exitCode === 0) return 0
    if (error.code === 'commander.unknownCommand') suggestCommand()
    return USAGE
  }
  const message = error instanceof NonplusError ? error.message : ((error as Error).stack ?? String(error))
  process.stderr.write(`nonplus: ${message}\n`)
  return USAGE
}

function suggestCommand(): void {
  const given = process.argv[2] ?? ''
  const near = nearest(
    given,
    program.commands.map((command) => command.name()),
  )
  if (near !== undefined) process.stderr.write(`nonplus: did you mean ${near}?\n`)
}
