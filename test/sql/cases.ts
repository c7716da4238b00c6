import { readFileSync } from 'node:fs'
import type { Dialect } from '../../src/model/statement.ts'

/** One line of a table: its dialect and its other cells, unescaped. */
export interface Case {
  readonly line: number
  readonly dialect: Dialect
  readonly cells: readonly string[]
}

export const dialects: readonly Dialect[] = ['postgresql', 'mysql', 'sqlite', 'mssql', 'oracle']

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', p: '|', '\\': '\\' }

/** Reads a table of this folder. */
export function casesOf(file: string): Case[] {
  const lines = readFileSync(new URL(file, import.meta.url), 'utf8').split(/\r?\n/)
  const cases: Case[] = []
  for (const [index, line] of lines.entries()) {
    if (line === '' || line.startsWith('#')) continue
    const [dialect, ...cells] = line.split('|').map((cell) => unescaped(cell.trim()))
    cases.push({ line: index + 1, dialect: dialect as Dialect, cells })
  }
  return cases
}

function unescaped(cell: string): string {
  return cell.replace(/\\(.)/g, (match, char: string) => escapes[char] ?? match)
}
