import { styleText } from 'node:util'
import { addCommand, dependsOn, type Project, runScript } from './project.ts'
import type { ByHand, Done, Proposal } from './proposal.ts'
import type { FileEdit } from './propose.ts'

/** What was found, a line per topic. */
export function describeProject(project: Project): string {
  const { databases, packageManager, isTypeScript, isEsm } = project
  const language = `${isTypeScript ? 'TypeScript' : 'JavaScript'}, ${isEsm ? 'ES modules' : 'CommonJS'}`
  const installed = databases.map(({ name, version }) => `${name} ${version}`).join(', ')
  const none = 'none that nonplus knows is installed; nonplus doctor says more'
  return [
    `project    ${project.manifest.name ?? project.folder}: ${language}, ${packageManager}`,
    `databases  ${installed === '' ? none : installed}`,
    '',
  ].join('\n')
}

/** The diffs of all files, in the colours of git. */
export function describeEdits(edits: readonly FileEdit[], color: boolean): string {
  const text = edits.map(({ diff }) => diff).join('\n')
  return color ? text.replaceAll(/^.*$/gm, colorLine) : text
}

function colorLine(line: string): string {
  const [, sign = ''] = /^(---|\+\+\+|@@|-|\+)/.exec(line) ?? []
  const formats = { '---': 'bold', '+++': 'bold', '@@': 'cyan', '-': 'red', '+': 'green' } as const
  const format = formats[sign as keyof typeof formats]
  return format === undefined ? line : styleText(format, line, { validateStream: false })
}

/** What is there, and what is left to the reader, with the lines. */
export function describeRest(proposals: readonly Proposal[]): string {
  const done = proposals.filter((one): one is Done => one.state === 'done')
  const byHand = proposals.filter((one): one is ByHand => one.state === 'by hand')
  return [
    done.map(({ title, file }) => `there    ${title} (${file})\n`).join(''),
    ...byHand.map(({ title, file, reason, lines }) => {
      return `by hand  ${title}\n         ${file}: ${reason}.\n\n${indent(lines, 11)}`
    }),
  ]
    .filter((part) => part !== '')
    .join('\n')
}

function indent(lines: readonly string[], width = 2): string {
  return lines.map((line) => `${' '.repeat(width)}${line}`.trimEnd().concat('\n')).join('')
}

/** What to do now, and in CI. */
export function describeNext(project: Project, hasSuite: boolean): string {
  const { name, scripts = {} } = project.manifest
  const steps = [
    ...(dependsOn(project, 'nonplus') || name === 'nonplus' ? [] : [addCommand(project, 'nonplus')]),
    ...(hasSuite && scripts.test !== undefined ? [runScript(project, 'test')] : []),
  ]
  const snippet = ciSnippet(project, hasSuite)
  return [
    ...(steps.length === 0 ? [] : [`next\n${indent(steps)}`]),
    ...(snippet === undefined ? [] : [`in CI, so that errors fail: ${snippet.file}\n${indent(snippet.lines)}`]),
  ].join('\n')
}

function ciSnippet(project: Project, hasSuite: boolean): { file: string; lines: string[] } | undefined {
  const test = runScript(project, 'test')
  if (project.manifest.scripts?.test === undefined) return undefined
  const command = hasSuite ? test : `npx nonplus run --fail-on error -- ${test}`
  if (project.files.includes('.github')) {
    const env = hasSuite ? ['  env:', '    NONPLUS_FAIL_ON: error'] : []
    return { file: 'a step of .github/workflows', lines: [`- run: ${command}`, ...env] }
  }
  if (!project.files.includes('.gitlab-ci.yml')) return undefined
  const variables = hasSuite ? ['variables:', '  NONPLUS_FAIL_ON: error'] : []
  return { file: 'a job of .gitlab-ci.yml', lines: [...variables, 'script:', `  - ${command}`] }
}
