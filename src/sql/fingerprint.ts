import type { Dialect } from '../model/statement.ts'
import { shape } from './shape.ts'

/**
 * The statement without what varies from run to run; texts of one shape have equal fingerprints.
 *
 * - Comments go, optimizer hints too; what MySQL executes inside `/*! … *\/` stays. Whitespace becomes the single spaces a
 *   person would write. A trailing `;` goes.
 * - Keywords and unquoted names become lower case. Quotes go where the name means the same without them: a plain
 *   lower-case name in PostgreSQL, upper-case in Oracle, of any case in the others, never a reserved word.
 * - A literal, with its sign, and a placeholder of any style become `?`, and a cast directly after one goes (`$1::int`).
 *   NULL, TRUE and FALSE are literals where an operand stands, but not after IS, NOT, DEFAULT, SET or ON. Parentheses
 *   around nothing but one value go, where they only group.
 * - A member of an IN list, of an array constructor or of VALUES whose shape is that of the member before it folds into
 *   it: `in (?)`, `in ((?, ?))`, `values (?, ?)` stand for any number of members, and `values (?, ?), (?, default)` for
 *   rows of two shapes. An array constructor of values alone is a value: `any(array[1, 2])` is `any(?)`.
 * - `?` in PostgreSQL is an operator after an operand and a placeholder elsewhere, whatever else the text holds; it
 *   stays in both cases. `%%`, as Python doubles it, is `%`.
 * - Names of savepoints, of cursors in DECLARE, FETCH, MOVE and CLOSE, and of statements in DEALLOCATE become `?`: they are
 *   generated.
 *
 * Aliases, the order of things, and `<>` against `!=` stay different. Never throws; linear in the length of the text.
 */
export function fingerprintOf(text: string, dialect: Dialect): string {
  shape.read(text, dialect)
  return shape.text
}
