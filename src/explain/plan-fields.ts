/** Part of a plan as its engine wrote it: nothing is known of it yet. */
export type Fields = Readonly<Record<string, unknown>>

/** The value where it is an object, else none. */
export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
}

/** Members that are objects; a single object counts as a list of one. */
export function listOf(value: unknown): Fields[] {
  const members: unknown[] = Array.isArray(value) ? value : [value]
  return members.map(fieldsOf).filter((member) => member !== undefined)
}

/** The value where it is a text that is not blank. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

/** The value as a finite number; MySQL writes its costs as texts. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

/** Texts of a list, or a single one; undefined where there are none. */
export function textsOf(value: unknown): string[] | undefined {
  const texts = (Array.isArray(value) ? value : [value]).flatMap((member) => textOf(member) ?? [])
  return texts.length === 0 ? undefined : texts
}

/** Entry of a table for a name that an engine wrote; `constructor` is in none. */
export function entryOf<T>(table: Readonly<Record<string, T>>, name: unknown): T | undefined {
  return typeof name === 'string' && Object.hasOwn(table, name) ? table[name] : undefined
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

/** The object without what is undefined in it. */
export function defined<T extends object>(fields: T): Partial<Defined<T>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<Defined<T>>
}
