import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Table from 'cli-table3'
import { isNote, type Report } from '../model/report.ts'
import type { ProfilerOptions } from '../options.ts'
import { borderless } from '../reporters/summary.ts'
import { readProcesses, readRunLogs } from '../run-report.ts'
import { version } from '../version.ts'
import { writeText } from '../write-text.ts'
import { diagnoseConfig } from './config-diagnosis.ts'
import { type Diagnosis, type DriverDiagnosis, diagnose } from './diagnosis.ts'
import { runInForeground } from './foreground.ts'
import { environmentFor } from './run.ts'

/**
 * Says what would be watched in the project of the working directory, and what would not; with a command runs it, and
 * says what was watched.
 *
 * @returns the exit code: 1 where something will not be, or was not watched.
 */
export async function doctor(command: readonly string[], configFile?: string): Promise<0 | 1> {
  const config = await diagnoseConfig({ file: configFile })
  const found = diagnose(process.cwd(), { nodeVersion: process.versions.node, env: process.env })
  const diagnosis = {
    ...found,
    facts: [...config.facts, ...found.facts],
    problems: [...config.problems, ...found.problems],
  }
  writeText(1, `nonplus ${version} on Node.js ${process.versions.node}\n\n${describe(diagnosis)}`)
  const isSound = diagnosis.problems.length === 0
  if (command.length === 0 || process.env.NONPLUS === '0') return isSound ? 0 : 1
  return (await tryOut(command, config.options)) && isSound ? 0 : 1
}

function describe({ drivers, facts, problems }: Diagnosis): string {
  const parts = [
    ...(drivers.length === 0 ? [] : [tableOf(['driver', 'version', 'hooked by', 'found in'], drivers.map(rowOf))]),
    ...(facts.length === 0
      ? []
      : [
          tableOf(
            [],
            facts.map(({ topic, text }) => [topic, text]),
          ),
        ]),
    problems.length === 0
      ? 'All drivers that were found here will be watched.\n'
      : problems.map((problem) => `problem  ${problem}\n`).join(''),
  ]
  return parts.join('\n')
}

function rowOf({ name, version: installed, via, path }: DriverDiagnosis): string[] {
  return [name, installed, via === 'none' ? 'not watched' : via, path]
}

const NO_BORDERS = { ...borderless, middle: '  ' }

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const style = { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 }
  const table = new Table({ head: [...head], chars: NO_BORDERS, style })
  table.push(...rows.map((row) => [...row]))
  return `${table.toString().replaceAll(/ +$/gm, '')}\n`
}

/** @returns true where statements were seen, each in a scope, and nothing was missed. */
async function tryOut(command: readonly string[], options: ProfilerOptions): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'nonplus-run-'))
  try {
    const env = environmentFor(folder, { options, isQuiet: true, color: false })
    const { code, signal } = await runInForeground(command, { env, stdout: 'stderr' })
    const { report } = await readRunLogs(folder)
    const ending = code === null ? `was ended by ${signal}` : `ended with ${code}`
    writeText(1, `\n\`${command.join(' ')}\` ${ending}.\n\n${describeRun(folder, report)}`)
    return report.coverage.seen > 0 && report.coverage.warnings.every(isNote)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function describeRun(folder: string, { coverage, scopes }: Report): string {
  const rows = readProcesses(folder).map(({ command, coverage: { counters, drivers } }) => [
    drivers.map(({ name, version: loaded, via }) => `${name} ${loaded} (${via})`).join(', ') || 'no driver',
    String(counters.seen),
    String(counters.attributed),
    command,
  ])
  const table = rows.length === 0 ? '' : tableOf(['hooked', 'statements', 'in a scope', 'process'], rows)
  const warnings = coverage.warnings.map((warning) => `${isNote(warning) ? 'note' : 'problem'}  ${warning}\n`).join('')
  const nothing =
    coverage.seen === 0 ? 'problem  No statement was seen: let the command do what you want judged.\n' : ''
  const scopeCount = scopes.length === 1 ? '1 scope' : `${scopes.length} scopes`
  const sum = `${coverage.seen} statements seen, ${coverage.attributed} of them in ${scopeCount}.\n`
  return [table, sum, `${warnings}${nothing}`].filter((part) => part !== '').join('\n')
}
