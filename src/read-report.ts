import { readFileSync } from 'node:fs'
import { NonplusError } from './model/errors.ts'
import type { Report } from './model/report.ts'

/**
 * Reads a file that `--reporter json` wrote.
 *
 * @throws NonplusError ERR_REPORT_INVALID where it is missing or something else, with the file and what is wrong in it.
 */
export function readReport(file: string): Report {
  return parseReport(readText(file), file)
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const cause =
      code === 'ENOENT'
        ? `there is no such file. \`nonplus run --reporter json=${file} -- <command …>\` writes one.`
        : message
    throw new NonplusError('ERR_REPORT_INVALID', `Cannot read the report ${file}: ${cause}`, { cause: error })
  }
}

/** Reads the text of a JSON report; throws as {@link readReport} does. */
export function parseReport(text: string, file: string): Report {
  const fault = (what: string) =>
    new NonplusError('ERR_REPORT_INVALID', `${file} is no JSON report of nonplus: ${what}`)
  if (text.trim() === '') throw fault('it is empty. Did the run that was to write it end?')
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    throw fault(`${(error as Error).message}.`)
  }
  const wrong = wrongIn(document, expectations)
  if (wrong !== undefined) throw fault(wrong)
  return document as Report
}

/** What a value must be: the name of a type, an exact value, what it is where it is there, the properties of an object, or the items of a list. */
type Expectation =
  | 'text'
  | 'number'
  | { readonly is: unknown }
  | { readonly ifThere: Expectation }
  | readonly [Expectation]
  | Properties
interface Properties {
  readonly [name: string]: Expectation
}

/** What the commands that read reports rely on; the schema says it all. */
const expectations: Properties = {
  version: { is: 1 },
  tool: { name: { is: 'nonplus' } },
  scopes: [{ id: 'text', name: 'text', queries: { count: 'number', durationMs: 'number', rows: 'number' } }],
  findings: [
    {
      kind: 'text',
      severity: 'text',
      identity: 'text',
      title: 'text',
      scope: { id: 'text', name: 'text' },
      statement: { summary: 'text' },
      count: 'number',
      durationMs: 'number',
    },
  ],
  plans: {
    ifThere: [
      {
        fingerprint: 'text',
        summary: 'text',
        scopes: ['text'],
        plan: { engine: 'text', fingerprint: 'text', root: { id: 'number', op: 'text', children: [{}] } },
        tableRows: {},
        indexes: ['text'],
      },
    ],
  },
  coverage: { seen: 'number', attributed: 'number' },
}

/** @returns the first thing that is not as expected, in words. */
function wrongIn(value: unknown, expected: Expectation, path = ''): string | undefined {
  const wrong = (what: string) => `${path === '' ? 'it' : `\`${path}\``} must be ${what}, but got: ${shown(value)}.`
  if (expected === 'text') return typeof value === 'string' ? undefined : wrong('a text')
  if (expected === 'number') return typeof value === 'number' ? undefined : wrong('a number')
  if (isList(expected)) {
    if (!Array.isArray(value)) return wrong('a list')
    return first(value.entries(), ([index, item]) => wrongIn(item, expected[0], `${path}[${index}]`))
  }
  if ('ifThere' in expected) {
    return value === undefined ? undefined : wrongIn(value, expected.ifThere as Expectation, path)
  }
  if ('is' in expected) return value === expected.is ? undefined : wrong(JSON.stringify(expected.is))
  if (typeof value !== 'object' || value === null) return wrong('an object')
  return first(Object.entries(expected), ([name, property]) =>
    wrongIn((value as Record<string, unknown>)[name], property as Expectation, path === '' ? name : `${path}.${name}`),
  )
}

function isList(expected: Expectation): expected is readonly [Expectation] {
  return Array.isArray(expected)
}

function first<Item>(items: Iterable<Item>, search: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const found = search(item)
    if (found !== undefined) return found
  }
  return undefined
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
