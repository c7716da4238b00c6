import type { Action } from './outline.ts'

const changesSchema: ReadonlySet<string> = new Set(['CREATE', 'ALTER', 'DROP', 'TRUNCATE', 'COMMENT'])
const schemaObjects: ReadonlySet<string> = new Set(
  'table index view schema function procedure trigger type sequence database extension role user domain'.split(' '),
)

/** Collects the operations of a text, and the tables that each works on. */
export class StatementActions {
  readonly #actions: { operation: string; isFirst: boolean; targets: (readonly string[])[] }[] = []
  readonly #tables = new Map<string, readonly string[]>()
  readonly #ctes = new Set<string>()
  readonly #aliases = new Set<string>()
  #hasActed = false

  /** Parts of each table name. */
  get tables(): readonly (readonly string[])[] {
    return [...this.#tables.values()].filter((parts) => this.#isTable(parts))
  }

  get actions(): readonly Action[] {
    return this.#actions.map((action) => ({
      ...action,
      targets: action.targets.filter((parts) => this.#isTable(parts)),
    }))
  }

  /** T-SQL names the table to change by its alias: `update u set … from users u`. */
  #isTable(parts: readonly string[]): boolean {
    return parts.length > 1 || !this.#aliases.has(parts[0] as string)
  }

  endStatement(): void {
    this.#hasActed = false
  }

  /** Takes an operation. */
  act(word: string): void {
    this.#actions.push({ operation: word.toUpperCase(), isFirst: !this.#hasActed, targets: [] })
    this.#hasActed = true
  }

  /** `CREATE` becomes `CREATE INDEX`. */
  qualify(word: string): void {
    const action = this.#actions[this.#actions.length - 1]
    if (action === undefined || !changesSchema.has(action.operation) || !schemaObjects.has(word)) return
    action.operation += ` ${word.toUpperCase()}`
  }

  /** Takes what the last operation works on. */
  addTarget(parts: readonly string[]): void {
    const action = this.#actions[this.#actions.length - 1]
    if (action === undefined) return
    const name = parts.join('.')
    if (!action.targets.some((target) => target.join('.') === name)) action.targets.push(parts)
  }

  /** Takes a table that the last operation works on. */
  addTable(parts: readonly string[]): void {
    this.#tables.set(parts.join('\u0000'), parts)
    this.addTarget(parts)
  }

  addAlias(name: string): void {
    this.#aliases.add(name)
  }

  addCte(name: string): void {
    this.#ctes.add(name)
  }

  isCte(name: string): boolean {
    return this.#ctes.has(name)
  }
}
