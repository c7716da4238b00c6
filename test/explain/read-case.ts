import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One file of `cases/`; see its README. */
export interface ExplainCase {
  readonly id: string
  /** `pg01`. */
  readonly short: string
  readonly engine: 'postgres' | 'mysql' | 'sqlite'
  readonly title: string
  readonly isNegative: boolean
  /** Pairs of `@expect`; empty where nothing is. */
  readonly expect: Readonly<Record<string, string>>
  readonly advice: string
  readonly params: readonly unknown[]
  readonly session: readonly string[]
  readonly isPlanOnly: boolean
  readonly minCostRatio: number | undefined
  /** Statements of the sections, one by one. */
  readonly setup: readonly string[]
  readonly query: string
  readonly fix: readonly string[]
  readonly fixedQuery: string | undefined
}

const folder = join(import.meta.dirname, 'cases')

/** All cases of an engine, by name. */
export function readCases(engine: ExplainCase['engine']): ExplainCase[] {
  const files = readdirSync(join(folder, engine)).filter((name) => name.endsWith('.sql'))
  return files.sort().map((name) => readCase(engine, name))
}

/** One case. */
export function readCase(engine: ExplainCase['engine'], file: string): ExplainCase {
  const [head = '', ...sections] = readFileSync(join(folder, engine, file), 'utf8').split(
    /^-- @(?=(?:setup|query|fix|fixed-query)\s*$)/m,
  )
  const lines = [...head.matchAll(/^-- @(\S+) (.*)$/gm)].map(([, name = '', value = '']) => ({ name, value }))
  const line = (name: string): string | undefined => lines.find((each) => each.name === name)?.value
  const section = (name: string): string | undefined =>
    sections
      .find((text) => text.startsWith(`${name}\n`))
      ?.slice(name.length)
      .trim()
  const id = line('id') ?? file
  const expect = line('expect') ?? ''
  return {
    id,
    short: id.slice(0, id.indexOf('-')),
    engine,
    title: line('title') ?? '',
    isNegative: line('kind') === 'negative',
    expect: Object.fromEntries([...expect.matchAll(/(\S+?)=(\S+)/g)].map(([, name = '', value = '']) => [name, value])),
    advice: line('advice') ?? '',
    params: JSON.parse(line('params') ?? '[]'),
    session: lines.filter(({ name }) => name === 'session').map(({ value }) => value),
    isPlanOnly: line('plan-only') === 'true',
    minCostRatio: line('min-cost-ratio') === undefined ? undefined : Number(line('min-cost-ratio')),
    setup: statementsOf(section('setup') ?? ''),
    query: section('query') ?? '',
    fix: statementsOf(section('fix') ?? ''),
    fixedQuery: section('fixed-query'),
  }
}

/** No case holds a semicolon inside a literal. */
function statementsOf(text: string): string[] {
  return text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
