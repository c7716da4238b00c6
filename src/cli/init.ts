import { contextOf } from '../live-console.ts'
import { NonplusError } from '../model/errors.ts'
import { writeText } from '../write-text.ts'
import { askOnTerminal, type Questions } from './init/ask.ts'
import { describeEdits, describeNext, describeProject, describeRest } from './init/init-words.ts'
import { loadTokenizer } from './init/module-text.ts'
import { type Project, readProject } from './init/project.ts'
import type { Change, Proposal } from './init/proposal.ts'
import { planEdits, propose, proposeRunners } from './init/propose.ts'
import { writeEdits } from './init/write-edits.ts'

/** Options of `nonplus init`, as commander gives them. */
export interface InitFlags {
  readonly yes?: boolean
  readonly dryRun?: boolean
}

/** What `init` depends on beside the project. */
export interface InitSurroundings {
  readonly cwd: string
  readonly color: boolean
  /** False where nobody can be asked. */
  readonly isInteractive: boolean
  readonly write: (text: string) => void
  readonly ask: () => Promise<Questions>
}

/** Exit code of a program that was ended by Ctrl-C. */
const LEFT = 130

/**
 * Sets nonplus up in the project of the working directory: shows the differences, asks, and writes what was shown.
 *
 * @returns the exit code.
 * @throws NonplusError where there is no project, nobody can be asked, or a file changed meanwhile.
 */
export async function init(
  { yes = false, dryRun = false }: InitFlags,
  { cwd, color, isInteractive, write, ask }: InitSurroundings = onTerminal(),
): Promise<0 | typeof LEFT> {
  await loadTokenizer()
  const project = readProject(cwd)
  const proposals = propose(project)
  const changes = proposals.filter((one): one is Change => one.state === 'change')
  if (changes.length > 0 && !yes && !dryRun && !isInteractive) throw nobodyToAsk()
  write(`${describeProject(project)}\n`)
  const rest = describeRest(proposals)
  if (rest !== '') write(`${rest}\n`)
  if (changes.length === 0) return conclude('Nothing to change.\n')
  const questions = yes || dryRun ? undefined : await ask()
  const wanted = questions === undefined ? changes : await questions.choose(changes)
  if (wanted === undefined) return leave()
  const edits = planEdits(project, wanted)
  if (edits.length === 0) return conclude('Nothing was changed.\n')
  write(`${questions === undefined ? '' : '\n'}${describeEdits(edits, color)}\n`)
  if (dryRun) return conclude('Nothing was written: this is what --yes writes.\n')
  const files = edits.map(({ file }) => file).join(', ')
  const isAgreed = questions === undefined || (await questions.confirm(`Write ${files}?`))
  if (isAgreed === undefined) return leave()
  if (!isAgreed) return conclude('Nothing was changed.\n')
  writeEdits(project, edits)
  return conclude(
    `${questions === undefined ? '' : '\n'}Written: ${files}\n\n${describeNext(project, hasSuite(project, proposals))}`,
  )

  function conclude(text: string): 0 {
    write(`${text.trimEnd()}\n`)
    return 0
  }

  function leave(): typeof LEFT {
    write('Nothing was changed.\n')
    return LEFT
  }
}

function hasSuite(project: Project, proposals: readonly Proposal[]): boolean {
  const titles = proposeRunners(project).map(({ title }) => title)
  return proposals.some(({ title }) => titles.includes(title))
}

function nobodyToAsk(): NonplusError {
  const message =
    'nonplus init asks before it writes, and standard input is no terminal. Use --yes to take all suggestions, or ' +
    '--dry-run to see them.'
  return new NonplusError('ERR_COMMAND_FAILED', message)
}

function onTerminal(): InitSurroundings {
  return {
    cwd: process.cwd(),
    color: contextOf(process.stdout).color,
    // a terminal without columns has no place for a question
    isInteractive: process.stdin.isTTY && process.stdout.isTTY && process.stdout.columns > 0,
    write: (text) => writeText(1, text),
    ask: askOnTerminal,
  }
}
