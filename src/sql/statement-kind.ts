import type { StatementKind } from '../model/statement.ts'

/** Words that a statement of each kind begins with. */
const heads: readonly (readonly [kind: StatementKind, words: string])[] = [
  ['select', 'select values table with'],
  ['insert', 'insert replace upsert'],
  ['update', 'update'],
  ['delete', 'delete'],
  ['merge', 'merge'],
  ['copy', 'copy load'],
  ['call', 'call exec execute do'],
  ['ddl', 'create alter drop truncate comment grant revoke rename refresh reindex cluster'],
  ['transaction', 'begin start commit rollback abort end savepoint release save'],
  [
    'session',
    'set show reset discard listen unlisten notify use pragma deallocate prepare lock unlock attach detach declare',
  ],
  ['explain', 'explain describe desc'],
]
const kinds: ReadonlyMap<string, StatementKind> = new Map(
  heads.flatMap(([kind, words]) => words.split(' ').map((word) => [word, kind] as const)),
)
const writing: ReadonlySet<StatementKind> = new Set(['insert', 'update', 'delete', 'merge', 'call', 'ddl'])

/** Kind of a statement, by its first word; after WITH, by the verb. */
export function kindOf(word: string): StatementKind {
  return kinds.get(word) ?? 'other'
}

/** True where every statement of the kind counts as a write. */
export function isWriting(kind: StatementKind): boolean {
  return writing.has(kind)
}
