import { readFileSync } from 'node:fs'
import { NonplusError } from '../../model/errors.ts'
import type { Dialect } from '../../model/statement.ts'
import * as T from '../../sql/tokenizer.ts'

/** `-` for standard input. */
const STDIN = '-'

/**
 * The one statement that is given as an argument, or comes on standard input, without the `;` behind it.
 *
 * @throws NonplusError ERR_OPTION_INVALID where there is none, or more than one.
 */
export function readStatement(given: string, dialect: Dialect): string {
  const text = given === STDIN ? readText(0, 'standard input') : given
  const [statement, second] = splitStatements(text, dialect)
  if (statement === undefined) {
    const where = given === STDIN ? 'Standard input' : 'The text'
    throw wrong(`${where} holds no statement.`)
  }
  if (second !== undefined) {
    const start = second.length > 30 ? `${second.slice(0, 29)}…` : second
    throw wrong(`One statement is explained at a time, but a second one follows: \`${start.replaceAll(/\s+/g, ' ')}\`.`)
  }
  return statement
}

/**
 * Text of a file, or of standard input.
 *
 * @throws NonplusError ERR_OPTION_INVALID where it cannot be read.
 */
export function readText(file: string | 0, name: string): string {
  try {
    return readFileSync(file === STDIN ? 0 : file, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw wrong(`Cannot read ${name}: ${code === 'ENOENT' ? 'there is no such file.' : message}`)
  }
}

/** The statements of a text, as far as the second one; what is no more than a comment is none. */
function splitStatements(text: string, dialect: Dialect): string[] {
  const tokens = new T.Tokenizer(text, dialect)
  const statements: string[] = []
  let start: number | undefined
  let end = 0
  while (tokens.next()) {
    if (tokens.type === T.SEMICOLON) {
      if (start !== undefined) statements.push(tokens.textOf(start, end))
      start = undefined
      continue
    }
    start ??= tokens.start
    end = tokens.end
  }
  if (start !== undefined) statements.push(tokens.textOf(start, end))
  return statements
}

/** How many values a statement asks for. */
export function countPlaceholders(text: string, dialect: Dialect): number {
  const tokens = new T.Tokenizer(text, dialect)
  let [highest, count] = [0, 0]
  while (tokens.next()) {
    if (tokens.type !== T.PLACEHOLDER) continue
    count++
    const number = /^[$?:](\d+)$/.exec(tokens.textOf(tokens.start, tokens.end))?.[1]
    if (number !== undefined) highest = Math.max(highest, Number(number))
  }
  // numbers may repeat, and those without are numbered by their order
  return highest > 0 ? highest : count
}

function wrong(message: string): NonplusError {
  return new NonplusError('ERR_OPTION_INVALID', message)
}
