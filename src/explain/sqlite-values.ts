import { isNamedValues } from '../sql/is-named-values.ts'
import * as T from '../sql/tokenizer.ts'

/** Arguments for `all(…)` of a SQLite driver: an object for placeholders with names, and the rest by position. */
export function sqliteArguments(text: string, values: readonly unknown[]): readonly unknown[] {
  if (values.some(isNamedValues)) return values
  const names = placeholdersOf(text)
  const bindable = values.map(bound)
  if (!names.some((name) => /^[:@$]/.test(name))) return bindable
  const byName: Record<string, unknown> = {}
  const rest: unknown[] = []
  for (const [at, name] of names.entries()) {
    if (/^[:@$]/.test(name)) byName[name.slice(1)] = bindable[at] ?? null
    else rest.push(bindable[at] ?? null)
  }
  return [...rest, byName]
}

/** Placeholders of a text, in the order SQLite counts them: a name that comes again is the one it was. */
export function placeholdersOf(text: string): readonly string[] {
  const tokens = new T.Tokenizer(text, 'sqlite')
  const names: string[] = []
  while (tokens.next()) {
    if (tokens.type !== T.PLACEHOLDER) continue
    const name = tokens.textOf(tokens.start, tokens.end)
    if (name === '?' || !names.includes(name)) names.push(name)
  }
  return names
}

/** What the drivers refuse to bind stands for something they bind: an application that got so far has converted it. */
function bound(value: unknown): unknown {
  if (value === undefined) return null
  if (typeof value === 'boolean') return value ? 1 : 0
  if (value instanceof Date) return value.toISOString()
  return value
}
