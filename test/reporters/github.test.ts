import { describe, expect, test } from 'vitest'
import type { Finding, Severity } from '../../src/model/finding.ts'
import { github, renderJobSummary } from '../../src/reporters/github.ts'
import { comparedReport, context, cwd, emptyReport, fullReport, reportOf, sequential } from './fixtures.ts'
import { expectGolden } from './golden.ts'

/** A workflow command as the runner reads it. */
interface Command {
  readonly level: string
  readonly properties: Readonly<Record<string, string>>
  readonly message: string
}

/** Reads lines as the runner does: properties up to the next `::`, escapes undone. */
function commandsIn(text: string): Command[] {
  const data = (escaped: string) => escaped.replaceAll('%0A', '\n').replaceAll('%0D', '\r').replaceAll('%25', '%')
  return text.split('\n').flatMap((line) => {
    const [, level = '', list = '', message = ''] = /^::(\w+) (.*?)::(.*)$/.exec(line) ?? []
    if (level === '') return []
    const pairs = list.split(',').map((pair) => {
      const cut = pair.indexOf('=')
      const value = pair
        .slice(cut + 1)
        .replaceAll('%3A', ':')
        .replaceAll('%2C', ',')
      return [pair.slice(0, cut), data(value)]
    })
    return [{ level, properties: Object.fromEntries(pairs), message: data(message) }]
  })
}

const crowd = (severity: Severity, count: number): Finding[] =>
  Array.from({ length: count }, (_, index) => ({
    ...sequential,
    severity,
    identity: `n-plus-one:${severity}${index}`,
    title: `${index} of ${severity}`,
    durationMs: 1_000 - index,
  }))

describe('the GitHub reporter', () => {
  test('writes the verdict and an annotation per finding', () => {
    expectGolden('github.txt', github(fullReport, context))
  })

  test('an annotation is at the line, with the claim, the proof and the advice', () => {
    const [first] = commandsIn(github(reportOf([sequential]), context))
    expect(first).toEqual({
      level: 'error',
      properties: { file: 'src/posts.ts', line: '14', endLine: '14', col: '26', title: 'n-plus-one (proven)' },
      message: [
        '50 × SELECT users · GET /posts',
        'All 50 values of users.id came from posts.author_id, in the 50 rows read at src/posts.ts:5, and each was looked up by a statement of its own.',
        'Read the users of all posts with one statement before the loop.',
      ].join('\n'),
    })
  })

  test('shows the worst ten of each level, and counts the others', () => {
    const report = reportOf([...crowd('info', 15), ...crowd('error', 30), ...crowd('warning', 12)])
    const commands = commandsIn(github(report, context))
    const titles = (level: string) =>
      commands.filter((command) => command.level === level).map(({ message }) => message.split(' ·')[0])
    expect(titles('error')).toEqual(Array.from({ length: 10 }, (_, index) => `${index} of error`))
    expect(titles('warning')).toEqual(Array.from({ length: 10 }, (_, index) => `${index} of warning`))
    expect(titles('notice')).toEqual([
      ...Array.from({ length: 9 }, (_, index) => `${index} of info`),
      '28 findings more in the summary',
    ])
  })

  test('escapes what would end a property or a line', () => {
    const frame = { file: `${cwd}/src/a,b::c%0A.ts`, line: 1, column: 2, function: '' }
    const message = '100 %::error::%0A, a: b'
    const nasty: Finding = {
      ...sequential,
      callSite: frame,
      frames: [frame],
      title: message,
      explanation: `${message}\nx`,
    }
    const commands = commandsIn(github(reportOf([nasty]), context))
    expect(commands).toHaveLength(1)
    expect(commands[0]?.properties.file).toBe('src/a,b::c%0A.ts')
    expect(commands[0]?.message.split('\n').slice(0, 2)).toEqual([`${message} · GET /posts`, `${message} x`])
  })

  test('a finding without a line has no file', () => {
    const { callSite: _, ...lost } = sequential
    expect(commandsIn(github(reportOf([{ ...lost, frames: [] }]), context))[0]?.properties).toEqual({
      title: 'n-plus-one (proven)',
    })
  })

  test('says so where nothing was judged, and nothing but a line where nothing was found', () => {
    expect(github(emptyReport, context)).toBe('::warning title=nonplus::No statements were seen: nothing was judged.\n')
    expect(github(reportOf([]), context)).toBe('nonplus: No findings in 1 scope.\n')
  })

  test('annotates what a baseline does not tolerate', () => {
    const titles = commandsIn(github(comparedReport, context)).map(({ message }) => message.split(' · ')[0])
    expect(titles).toEqual(['1,200 × SELECT comments', '50 × SELECT users', '50 × SELECT users', '2 × SELECT settings'])
  })
})

describe('the summary of the job', () => {
  test('is the Markdown, in as many bytes as there is room for', () => {
    const report = reportOf(crowd('error', 2_000).map((finding) => ({ ...finding, explanation: '日本'.repeat(200) })))
    const maxBytes = 900 * 1024
    const summary = renderJobSummary(report, context, maxBytes)
    expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(maxBytes)
    expect(Buffer.byteLength(summary)).toBeGreaterThan(maxBytes - 10_000)
    expect(summary).toMatch(/\n[\d,]+ findings more are left out here\.\n/)
    expect(renderJobSummary(reportOf([sequential]), context, -1)).toBe(
      '<!-- nonplus -->\n### nonplus: 1 error in 1 scope\n',
    )
  })
})
