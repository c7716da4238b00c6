import type { Dialect } from '../model/statement.ts'
import type { Outline } from './outline.ts'
import * as T from './tokenizer.ts'

/** How the text writes the names of its tables and columns, quotes removed: by the name in the shape, the first spelling of each. */
export function writtenNamesOf(text: string, dialect: Dialect, outline: Outline): Map<string, string> {
  const wanted = new Set(outline.actions.flatMap((action) => action.targets.flat()))
  for (const slot of outline.slots) if (slot.column !== undefined) wanted.add(slot.column)
  const written = new Map<string, string>()
  if (wanted.size === 0) return written
  const tokens = new T.Tokenizer(text, dialect)
  while (written.size < wanted.size && tokens.next()) {
    if (tokens.type !== T.WORD && tokens.type !== T.QUOTED_NAME) continue
    const raw = tokens.textOf(tokens.start, tokens.end)
    const name = tokens.type === T.WORD ? raw : raw.slice(1, -1)
    const folded = name.toLowerCase()
    const isAsIs = tokens.type === T.QUOTED_NAME && dialect === 'postgresql'
    const key = wanted.has(name) || isAsIs ? name : folded
    if (wanted.has(key) && !written.has(key)) written.set(key, name)
  }
  return written
}
