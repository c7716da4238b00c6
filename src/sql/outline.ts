import type { Clause, Dialect, Slot, StatementKind } from '../model/statement.ts'
import { keyword, keywordFlags, RESERVED } from './keywords.ts'
import * as T from './tokenizer.ts'

/** What the shape of a statement says about it. Names are as in the shape: unquoted, folded to lower case where case does not count. */
export interface Outline {
  readonly kind: StatementKind
  readonly writes: boolean
  /** Parts of each table name, schema first. */
  readonly tables: readonly (readonly string[])[]
  /** Operations in upper case, and the targets that follow each, in order of appearance. */
  readonly actions: readonly Action[]
  readonly slots: readonly Slot[]
}

/** An operation and what it works on; `isFirst` marks the begin of a statement. */
export interface Action {
  readonly operation: string
  readonly isFirst: boolean
  readonly targets: readonly (readonly string[])[]
}

interface Comparison {
  readonly columns: readonly string[] | undefined
  readonly operator: string | undefined
}

interface Frame {
  clause: Clause
  /** A verb was read: select, insert, update …. */
  hasVerb: boolean
  /** WITH was read and the verb was not. */
  inWith: boolean
  isRecursive: boolean
  expectsTable: boolean
  /** In a FROM clause, where a comma announces another table. */
  inFrom: boolean
  /** What a value that is a whole member here is compared with. */
  readonly comparison: Comparison | undefined
  /** Members of parentheses inside are compared by position. */
  readonly isListOfRows: boolean
  readonly isRow: boolean
  /** Names standing alone as members; undefined once there is anything else. */
  names: string[] | undefined
  member: number
  /** CTE that this body defines. */
  readonly defines: string | undefined
  readonly isColumnList: boolean
  readonly isCall: boolean
  between: Comparison | undefined
}

const kinds: Readonly<Record<string, StatementKind>> = {
  select: 'select',
  values: 'select',
  table: 'select',
  with: 'select',
  insert: 'insert',
  replace: 'insert',
  upsert: 'insert',
  update: 'update',
  delete: 'delete',
  merge: 'merge',
  copy: 'copy',
  load: 'copy',
  call: 'call',
  exec: 'call',
  execute: 'call',
  do: 'call',
  create: 'ddl',
  alter: 'ddl',
  drop: 'ddl',
  truncate: 'ddl',
  comment: 'ddl',
  grant: 'ddl',
  revoke: 'ddl',
  rename: 'ddl',
  refresh: 'ddl',
  reindex: 'ddl',
  cluster: 'ddl',
  begin: 'transaction',
  start: 'transaction',
  commit: 'transaction',
  rollback: 'transaction',
  abort: 'transaction',
  end: 'transaction',
  savepoint: 'transaction',
  release: 'transaction',
  save: 'transaction',
  set: 'session',
  show: 'session',
  reset: 'session',
  discard: 'session',
  listen: 'session',
  unlisten: 'session',
  notify: 'session',
  use: 'session',
  pragma: 'session',
  deallocate: 'session',
  prepare: 'session',
  lock: 'session',
  unlock: 'session',
  attach: 'session',
  detach: 'session',
  declare: 'session',
  explain: 'explain',
  describe: 'explain',
  desc: 'explain',
}
const writing: ReadonlySet<StatementKind> = new Set(['insert', 'update', 'delete', 'merge', 'call', 'ddl'])
const verbs: ReadonlySet<string> = new Set([
  'select',
  'insert',
  'replace',
  'upsert',
  'update',
  'delete',
  'merge',
  'values',
  'table',
])
const changesSchema: ReadonlySet<string> = new Set(['CREATE', 'ALTER', 'DROP', 'TRUNCATE', 'COMMENT'])
const schemaObjects: ReadonlySet<string> = new Set(
  'table index view schema function procedure trigger type sequence database extension role user domain'.split(' '),
)
const writingFunctions: ReadonlySet<string> = new Set([
  'nextval',
  'setval',
  'lo_creat',
  'lo_create',
  'lo_unlink',
  'lo_import',
  'lo_from_bytea',
  'lo_put',
  'dblink_exec',
])
const comparisons: ReadonlySet<string> = new Set(
  '= <> != < > <= >= <=> == !< !> ~ ~* !~ !~* ~~ ~~* !~~ !~~* @> <@ @? @@ ? ?| ?& ?? && <-> <#> ^='.split(' '),
)
const mirrored: Readonly<Record<string, string>> = {
  '=': '=',
  '<>': '<>',
  '!=': '!=',
  '==': '==',
  '<=>': '<=>',
  '<': '>',
  '>': '<',
  '<=': '>=',
  '>=': '<=',
  '@>': '<@',
  '<@': '@>',
  '&&': '&&',
  'is distinct from': 'is distinct from',
  'is not distinct from': 'is not distinct from',
}
const wordOperators: ReadonlySet<string> = new Set([
  'like',
  'ilike',
  'rlike',
  'regexp',
  'glob',
  'similar',
  'between',
  'in',
  'match',
])
const typesBeforeLiteral: ReadonlySet<string> = new Set(['date', 'time', 'timestamp', 'timestamptz'])
const typeWords: ReadonlySet<string> = new Set(['precision', 'varying', 'with', 'without', 'time', 'zone'])

/**
 * Reads the shape of a statement: its kind, tables and operations, and where each of its values stands.
 *
 * @param shape a fingerprint.
 * @param positions where each `?` that is a value stands in it, ascending.
 * @param forms form of the value of each.
 */
export function outlineOf(
  shape: string,
  dialect: Dialect,
  positions: readonly number[],
  forms: readonly Slot['form'][],
): Outline {
  return new Reader(shape, dialect, positions, forms).read()
}

interface MutableSlot {
  clause: Clause
  form: Slot['form']
  column?: string
  operator?: string
}

class Reader {
  readonly #tokens: T.Tokenizer
  readonly #shape: string
  readonly #dialect: Dialect
  readonly #positions: readonly number[]
  readonly #forms: readonly Slot['form'][]
  readonly #slots: MutableSlot[] = []
  readonly #tables = new Map<string, readonly string[]>()
  readonly #actions: { operation: string; isFirst: boolean; targets: (readonly string[])[] }[] = []
  readonly #statementKinds = new Set<StatementKind>()
  readonly #ctes = new Set<string>()
  readonly #aliases = new Set<string>()
  #frames: Frame[] = []
  #frame: Frame = newFrame('other')
  #writes = false

  // Of the current statement.
  #kind: StatementKind | undefined
  #head = ''
  #hasActed = false
  #isBody = false
  #insertColumns: readonly string[] | undefined
  #awaitsColumns = false
  #rows: 'none' | 'values' | 'row' | 'comma' = 'none'
  #cte: string | undefined

  // What came just before.
  #type: T.TokenType = T.END
  #word = ''
  #wordBefore = ''
  #operand: readonly string[] | undefined
  #comparison: Comparison | undefined
  #afterSlot: MutableSlot | undefined
  #reverse: { readonly slot: MutableSlot; readonly operator: string } | undefined
  #isTainted = false
  #isNegated = false
  /** A name came before, so that a parenthesis is a call. */
  #afterName = false

  constructor(shape: string, dialect: Dialect, positions: readonly number[], forms: readonly Slot['form'][]) {
    this.#tokens = new T.Tokenizer(shape, dialect, positions)
    this.#shape = shape
    this.#dialect = dialect
    this.#positions = positions
    this.#forms = forms
  }

  read(): Outline {
    const tokens = this.#tokens
    let more = tokens.next()
    while (more) {
      more = this.#token(tokens.type)
    }
    this.#endStatement()
    this.#fillSlots(Number.POSITIVE_INFINITY)
    return {
      kind: this.#statementKinds.size > 1 ? 'multiple' : ([...this.#statementKinds][0] ?? 'other'),
      writes: this.#writes,
      tables: [...this.#tables.values()].filter((parts) => this.#isTable(parts)),
      actions: this.#actions.map((action) => ({
        ...action,
        targets: action.targets.filter((parts) => this.#isTable(parts)),
      })),
      slots: this.#slots,
    }
  }

  /** T-SQL names the table to change by its alias: `update u set … from users u`. */
  #isTable(parts: readonly string[]): boolean {
    return parts.length > 1 || !this.#aliases.has(parts[0] as string)
  }

  #token(type: T.TokenType): boolean {
    switch (type) {
      case T.WORD:
        return this.#onWord()
      case T.QUOTED_NAME:
        return this.#onName()
      case T.PLACEHOLDER:
        this.#onSlot()
        break
      case T.OPERATOR:
        this.#onOperator(this.#current())
        break
      case T.OPEN:
        this.#onOpen()
        break
      case T.CLOSE:
        this.#onClose()
        break
      case T.COMMA:
        this.#onComma()
        break
      case T.CAST:
        return this.#skipType()
      case T.SEMICOLON:
        this.#onSemicolon()
        break
      default:
        this.#forget()
        this.#frame.names = undefined
    }
    this.#afterName = false
    this.#type = type
    this.#wordBefore = this.#word
    this.#word = ''
    return this.#tokens.next()
  }

  #current(): string {
    return this.#tokens.textOf(this.#tokens.start, this.#tokens.end)
  }

  /** Whatever was read before is no operand of what follows. */
  #forget(): void {
    this.#operand = undefined
    this.#comparison = undefined
    this.#afterSlot = undefined
    this.#reverse = undefined
    this.#isTainted = false
    this.#isNegated = false
  }

  #onSemicolon(): void {
    this.#forget()
    if (this.#isBody) return
    this.#endStatement()
  }

  #endStatement(): void {
    if (this.#kind !== undefined) this.#statementKinds.add(this.#kind)
    this.#kind = undefined
    this.#head = ''
    this.#hasActed = false
    this.#isBody = false
    this.#insertColumns = undefined
    this.#awaitsColumns = false
    this.#rows = 'none'
    this.#cte = undefined
    this.#frames = []
    this.#frame = newFrame('other')
  }

  // Words

  #onWord(): boolean {
    const tokens = this.#tokens
    const id = tokens.keyword
    const word = this.#current()
    const isHead = this.#kind === undefined
    if (isHead) this.#onHead(word)
    if (!isHead || verbs.has(word) || word === 'with') {
      if (id === 0 || !this.#onKeyword(word, id)) return this.#onName()
    }
    this.#afterName = false
    this.#type = T.WORD
    this.#wordBefore = this.#word
    this.#word = word
    return tokens.next()
  }

  #onHead(word: string): void {
    this.#kind = kinds[word] ?? 'other'
    this.#head = word
    if (this.#dialect === 'oracle' && (word === 'begin' || word === 'declare')) {
      this.#kind = 'call'
      this.#isBody = true
    }
    if (writing.has(this.#kind) || word === 'load') this.#writes = true
    const isQuery = this.#kind === 'select' || verbs.has(word)
    if (!isQuery) this.#act(word)
    if (this.#kind === 'ddl' || word === 'copy' || word === 'lock' || word === 'load')
      this.#frame.expectsTable = word === 'truncate' || word === 'copy'
    if (this.#kind === 'call' && word !== 'do') this.#frame.expectsTable = true
  }

  #act(word: string): void {
    this.#actions.push({ operation: word.toUpperCase(), isFirst: !this.#hasActed, targets: [] })
    this.#hasActed = true
  }

  /** Handles a keyword; false where it is a name in this place. */
  #onKeyword(word: string, id: number): boolean {
    const frame = this.#frame
    if (word !== 'in' && word !== 'row') this.#rows = 'none'
    if (wordOperators.has(word)) {
      this.#onWordOperator(word)
      return true
    }
    if (verbs.has(word) && this.#onVerb(word)) return true
    switch (word) {
      case 'with':
        if (!frame.hasVerb) frame.inWith = true
        break
      case 'recursive':
        frame.isRecursive = frame.inWith
        if (!frame.inWith) return false
        break
      case 'from':
        if (this.#word === 'distinct' && (this.#wordBefore === 'is' || this.#wordBefore === 'not')) {
          this.#compareWith(this.#wordBefore === 'is' ? 'is distinct from' : 'is not distinct from')
          return true
        }
        if (this.#kind === 'copy' && this.#frames.length === 0) this.#writes = true
        if (!frame.hasVerb) break
        frame.clause = 'other'
        frame.expectsTable = frame.inFrom = true
        break
      case 'join':
      case 'straight_join':
        frame.clause = 'other'
        frame.expectsTable = frame.inFrom = true
        break
      case 'using':
        frame.expectsTable = !(this.#peek() === 40) || this.#head === 'merge'
        frame.clause = 'on'
        break
      case 'into':
        frame.expectsTable = this.#peek() !== 64
        this.#awaitsColumns = this.#kind === 'insert' || this.#head === 'with'
        if (frame.clause === 'select' && frame.expectsTable && this.#peek() !== 63) this.#writes = true
        break
      case 'table':
      case 'view':
        this.#qualifyAction(word)
        if (this.#kind === 'ddl' || this.#head === 'lock') frame.expectsTable = true
        else return isReserved(id)
        break
      case 'trigger':
      case 'procedure':
      case 'function':
        if (this.#head !== 'create' && this.#head !== 'alter') return false
        this.#isBody = this.#head === 'create'
        this.#qualifyAction(word)
        break
      case 'where':
        this.#enterClause('where')
        break
      case 'on':
        frame.expectsTable = this.#kind === 'ddl' && !frame.inFrom && this.#frames.length === 0
        frame.clause = 'on'
        break
      case 'conflict':
      case 'duplicate':
        if (this.#word !== 'on') return false
        frame.clause = 'other'
        break
      case 'having':
        this.#enterClause('having')
        break
      case 'order':
        this.#enterClause('order')
        break
      case 'group':
        this.#enterClause('other')
        break
      case 'limit':
      case 'fetch':
      case 'top':
        if (word === 'top' && this.#word !== 'select' && this.#word !== 'distinct') return false
        if (word === 'fetch' && this.#head === 'fetch') break
        this.#enterClause('limit')
        break
      case 'offset':
        this.#enterClause('offset')
        break
      case 'set':
        this.#enterClause('set')
        break
      case 'returning':
        this.#enterClause('select')
        break
      case 'union':
      case 'intersect':
      case 'except':
        this.#enterClause('other')
        break
      case 'and':
        this.#forget()
        this.#comparison = frame.between
        frame.between = undefined
        return true
      case 'any':
      case 'some':
      case 'all':
        if (this.#comparison !== undefined) return true
        break
      case 'not':
        if (this.#word === 'is') return true
        this.#isNegated = true
        return true
      case 'share':
        if (this.#word === 'for' || this.#word === 'key' || this.#wordBefore === 'lock') this.#writes = true
        return true
      case 'is':
        return true
      case 'to':
        if (this.#word === 'similar') return true
        break
      case 'distinct':
        if (this.#word === 'is' || this.#word === 'not') return true
        break
      case 'row':
      case 'array':
      case 'cast':
      case 'try_cast':
        return this.#peek() === 40 || word !== 'row'
      default:
        if (!isReserved(id) && word !== 'interval' && word !== 'escape') return false
    }
    this.#forget()
    return true
  }

  #enterClause(clause: Clause): void {
    this.#frame.clause = clause
    this.#frame.expectsTable = this.#frame.inFrom = false
    this.#frame.between = undefined
  }

  /** Handles select, insert, update …; false where the word is no verb in this place. */
  #onVerb(word: string): boolean {
    const frame = this.#frame
    if (word === 'values') {
      if (!frame.hasVerb && this.#head === 'values') this.#act(word)
      frame.hasVerb = true
      this.#enterClause('values')
      this.#rows = 'values'
      this.#forget()
      return true
    }
    if (word === 'select') {
      this.#act(word)
      frame.hasVerb = true
      frame.inWith = false
      this.#enterClause('select')
      this.#forget()
      return true
    }
    if (word === 'update' && (this.#word === 'for' || (this.#word === 'key' && this.#wordBefore === 'no'))) {
      this.#writes = true
      this.#forget()
      return true
    }
    if (frame.hasVerb || this.#kind === 'ddl') {
      if (word === 'update' && this.#word === 'key') this.#enterClause('set')
      if (this.#head === 'merge' && this.#word === 'then') {
        this.#awaitsColumns = word === 'insert'
        this.#forget()
        return true
      }
      if (word === 'replace' || word === 'upsert' || word === 'table') return false
      this.#forget()
      return true
    }
    if (word === 'table' && this.#head !== 'table') return false
    this.#act(word)
    this.#writeVerb(word)
    return true
  }

  #writeVerb(word: string): void {
    const frame = this.#frame
    frame.hasVerb = true
    const isMain = frame.inWith && this.#frames.length === 0
    frame.inWith = false
    frame.expectsTable = true
    if (word === 'insert' || word === 'replace' || word === 'upsert') this.#awaitsColumns = true
    if (word !== 'table' && (this.#kind !== 'explain' || this.#isAnalyzed())) this.#writes = true
    if (isMain && this.#head === 'with') this.#kind = kinds[word] ?? 'other'
    this.#forget()
  }

  #isAnalyzed(): boolean {
    return /\banaly[sz]e\b/.test(this.#shape)
  }

  #onWordOperator(word: string): void {
    const operator = `${this.#isNegated ? 'not ' : ''}${word}${word === 'similar' ? ' to' : ''}`
    this.#compareWith(operator)
    if (word === 'between') this.#frame.between = this.#comparison
  }

  #compareWith(operator: string): void {
    const columns = this.#isTainted ? undefined : this.#operand
    const slot = this.#afterSlot
    this.#forget()
    this.#comparison = { columns, operator }
    if (slot !== undefined && slot.operator === undefined) this.#reverse = { slot, operator }
  }

  #onOperator(operator: string): void {
    this.#rows = 'none'
    const frame = this.#frame
    frame.names = undefined
    const isAssignment = frame.clause === 'set' && operator === '=' && this.#operand !== undefined
    if (isAssignment || comparisons.has(operator)) {
      this.#compareWith(operator)
      if (isAssignment && this.#comparison !== undefined)
        this.#comparison = { columns: this.#comparison.columns, operator: undefined }
      return
    }
    // The value is a part of an expression: it is the expression that is compared.
    const slot = this.#afterSlot
    if (slot !== undefined) {
      delete slot.column
      delete slot.operator
    }
    this.#forget()
    this.#isTainted = true
  }

  // Names

  #onName(): boolean {
    const tokens = this.#tokens
    const isMember = this.#type === T.OPEN || this.#type === T.COMMA
    const isFirstWord = tokens.type === T.WORD
    const parts = [this.#nameText()]
    const lastWord = this.#current()
    let more = tokens.next()
    while (more && tokens.type === T.DOT) {
      more = tokens.next()
      if (more && (tokens.type === T.WORD || tokens.type === T.QUOTED_NAME)) {
        parts.push(this.#nameText())
        more = tokens.next()
      } else if (more && tokens.type === T.STAR) {
        more = tokens.next()
      }
    }
    this.#rows = 'none'
    const next = more ? tokens.type : T.END
    this.#placeName(parts, next, isMember)
    this.#afterName = true
    this.#type = isFirstWord ? T.WORD : T.QUOTED_NAME
    this.#wordBefore = this.#word
    this.#word = isFirstWord && parts.length === 1 ? lastWord : ''
    return more
  }

  #nameText(): string {
    const raw = this.#current()
    return this.#tokens.type === T.WORD ? raw : unquoted(raw)
  }

  #placeName(parts: string[], next: T.TokenType, isMember: boolean): void {
    const frame = this.#frame
    const last = parts[parts.length - 1] as string
    if (this.#kind === 'ddl') this.#qualifyAction(last)
    if (next === T.OPEN ? writingFunctions.has(last) : last === 'nextval') this.#writes = true
    if (
      frame.inWith &&
      !frame.hasVerb &&
      this.#frames.length >= 0 &&
      (this.#word === 'with' || this.#word === 'recursive' || (this.#type === T.COMMA && this.#cte === undefined))
    ) {
      this.#cte = last
      if (frame.isRecursive) this.#ctes.add(last)
      this.#forget()
      return
    }
    if (frame.expectsTable) {
      if (this.#placeTable(parts, next)) return
    } else if (frame.inFrom && this.#dialect === 'mssql' && parts.length === 1) {
      this.#aliases.add(last)
    }
    if (next === T.PLACEHOLDER && typesBeforeLiteral.has(last)) return
    if (!isMember || (next !== T.COMMA && next !== T.CLOSE)) frame.names = undefined
    else frame.names?.push(last)
    this.#placeOperand(last, next)
  }

  #placeOperand(last: string, next: T.TokenType): void {
    const reverse = this.#reverse
    const isFunction = next === T.OPEN
    if (reverse !== undefined && !isFunction && next !== T.OPERATOR) {
      reverse.slot.column = last
      const operator = mirrored[reverse.operator]
      if (operator !== undefined) reverse.slot.operator = operator
    } else if (reverse !== undefined && mirrored[reverse.operator] !== undefined) {
      reverse.slot.operator = mirrored[reverse.operator] as string
    }
    const isTainted = this.#isTainted
    const comparison = isFunction && (last === 'cast' || last === 'try_cast') ? this.#comparison : undefined
    this.#forget()
    this.#comparison = comparison
    this.#isTainted = isTainted
    this.#operand = isFunction || isTainted ? undefined : [last]
  }

  /** Takes a name as a table; false where it is a function. */
  #placeTable(parts: readonly string[], next: T.TokenType): boolean {
    const frame = this.#frame
    const last = parts[parts.length - 1] as string
    if (this.#kind === 'ddl' && parts.length === 1 && (last === 'if' || last === 'exists' || last === 'concurrently'))
      return true
    if (
      last === 'ignore' ||
      last === 'low_priority' ||
      last === 'delayed' ||
      last === 'high_priority' ||
      last === 'quick'
    )
      return true
    if (this.#word === 'or') return true
    frame.expectsTable = false
    this.#forget()
    if (this.#kind === 'call') {
      this.#target(parts)
      return true
    }
    const isTarget = this.#awaitsColumns || this.#kind === 'ddl' || this.#kind === 'copy'
    if (next === T.OPEN && !isTarget) return false
    const isDeleteAlias = this.#word === 'delete' && (next === T.COMMA || this.#tokens.keyword === keyword('from'))
    if (isDeleteAlias) return true
    if (parts.length === 1 && (this.#ctes.has(last) || last === 'dual')) return true
    this.#tables.set(parts.join('\u0000'), parts)
    this.#target(parts)
    if (this.#kind === 'ddl') frame.inFrom = true
    return true
  }

  /** `CREATE` becomes `CREATE INDEX`. */
  #qualifyAction(word: string): void {
    const action = this.#actions[this.#actions.length - 1]
    if (action === undefined || !changesSchema.has(action.operation) || !schemaObjects.has(word)) return
    action.operation += ` ${word.toUpperCase()}`
  }

  #target(parts: readonly string[]): void {
    const action = this.#actions[this.#actions.length - 1]
    if (action === undefined) return
    const name = parts.join('.')
    if (!action.targets.some((target) => target.join('.') === name)) action.targets.push(parts)
  }

  // Values

  /** Slots that stand before a position and were not met as values: there are none, unless the text is no SQL. */
  #fillSlots(before: number): void {
    for (let next = this.#slots.length; (this.#positions[next] ?? before) < before; next++) {
      this.#slots.push({ clause: 'other', form: this.#forms[next] ?? 'literal' })
    }
  }

  #onSlot(): void {
    const frame = this.#frame
    this.#fillSlots(this.#tokens.start)
    if (this.#positions[this.#slots.length] !== this.#tokens.start) {
      this.#forget()
      return
    }
    const slot: MutableSlot = { clause: frame.clause, form: this.#forms[this.#slots.length] ?? 'literal' }
    this.#slots.push(slot)
    const isMember = this.#type === T.OPEN || this.#type === T.COMMA
    const comparison = isMember ? memberComparison(frame) : this.#comparison
    if (comparison?.columns?.length === 1) slot.column = comparison.columns[0] as string
    if (comparison?.operator !== undefined) slot.operator = comparison.operator
    frame.names = undefined
    frame.expectsTable = false
    this.#forget()
    this.#afterSlot = slot
    this.#rows = 'none'
  }

  // Parentheses

  #onOpen(): void {
    const frame = this.#frame
    const inner = this.#innerFrame(frame)
    frame.names = undefined
    this.#frames.push(frame)
    this.#frame = inner
    this.#forget()
  }

  #innerFrame(frame: Frame): Frame {
    const comparison = this.#comparison
    if (this.#rows === 'values' || this.#rows === 'comma') {
      return newFrame('values', { comparison: { columns: this.#insertColumns, operator: undefined }, isRow: true })
    }
    if (this.#cte !== undefined && frame.inWith) {
      if (this.#word === 'as' || this.#word === 'materialized') {
        const defines = this.#cte
        this.#cte = undefined
        return newFrame('other', { defines })
      }
      return newFrame('other')
    }
    if (this.#awaitsColumns && (this.#type === T.WORD || this.#type === T.QUOTED_NAME)) {
      this.#awaitsColumns = false
      return newFrame('other', { isColumnList: true })
    }
    if (this.#word === 'in' && comparison !== undefined) {
      return newFrame(frame.clause, { comparison, isListOfRows: true })
    }
    if ((this.#word === 'any' || this.#word === 'some' || this.#word === 'all') && comparison !== undefined) {
      return newFrame(frame.clause, {
        comparison: { columns: comparison.columns, operator: quantified(comparison.operator, this.#word) },
      })
    }
    if (this.#word === 'cast' || this.#word === 'try_cast') return newFrame(frame.clause, { comparison })
    const isInRowList = frame.isListOfRows && (this.#type === T.OPEN || this.#type === T.COMMA)
    if (isInRowList) return newFrame(frame.clause, { comparison: frame.comparison, isRow: true })
    if ((this.#type === T.OPERATOR || this.#word === 'row') && comparison?.columns !== undefined) {
      return newFrame(frame.clause, { comparison, isRow: comparison.columns.length > 1 })
    }
    const inner = newFrame(frame.clause, { isCall: this.#afterName })
    if (frame.expectsTable && this.#type !== T.QUOTED_NAME) {
      inner.expectsTable = inner.inFrom = true
      frame.expectsTable = false
    }
    return inner
  }

  #onClose(): void {
    const inner = this.#frame
    const outer = this.#frames.pop()
    if (outer === undefined) {
      this.#forget()
      return
    }
    this.#frame = outer
    const isRow = this.#rows !== 'none' || inner.isRow
    this.#forget()
    const names = inner.names
    if (inner.isColumnList) this.#insertColumns = names
    else if (names !== undefined && names.length > 0 && !inner.isCall) this.#operand = names
    if (inner.defines !== undefined) this.#ctes.add(inner.defines)
    this.#rows = isRow && inner.clause === 'values' ? 'row' : 'none'
    outer.names = undefined
  }

  #onComma(): void {
    const frame = this.#frame
    this.#forget()
    frame.member++
    frame.between = undefined
    if (frame.inFrom) frame.expectsTable = true
    if (frame.clause === 'limit' && this.#frames.length >= 0 && this.#dialect !== 'postgresql') this.#swapLimit()
    this.#rows = this.#rows === 'row' ? 'comma' : 'none'
  }

  /** MySQL: `limit offset, count`. */
  #swapLimit(): void {
    const last = this.#slots[this.#slots.length - 1]
    if (last?.clause === 'limit') last.clause = 'offset'
  }

  /** Skips the type of `column::type`, which leaves the column the operand. */
  #skipType(): boolean {
    const tokens = this.#tokens
    let more = tokens.next()
    if (more && (tokens.type === T.WORD || tokens.type === T.QUOTED_NAME)) more = tokens.next()
    while (more && tokens.type === T.DOT) {
      more = tokens.next()
      if (more && (tokens.type === T.WORD || tokens.type === T.QUOTED_NAME)) more = tokens.next()
    }
    while (more && tokens.type === T.WORD && typeWords.has(this.#current())) more = tokens.next()
    while (more && tokens.type === T.BRACKET_OPEN) {
      more = tokens.next()
      if (more && tokens.type === T.BRACKET_CLOSE) more = tokens.next()
    }
    this.#type = T.CAST
    this.#word = ''
    return more
  }

  /** The character after the current token. */
  #peek(): number {
    const { codes, end } = this.#tokens
    return codes[codes[end] === 32 ? end + 1 : end] as number
  }
}

function newFrame(clause: Clause, given: Partial<Frame> = {}): Frame {
  return {
    clause,
    hasVerb: false,
    inWith: false,
    isRecursive: false,
    expectsTable: false,
    inFrom: false,
    comparison: undefined,
    isListOfRows: false,
    isRow: false,
    names: [],
    member: 0,
    defines: undefined,
    isColumnList: false,
    isCall: false,
    between: undefined,
    ...given,
  }
}

/** What the member of a list or row that comes next is compared with or assigned to. */
function memberComparison(frame: Frame): Comparison | undefined {
  const given = frame.comparison
  if (given === undefined) return undefined
  if (!frame.isRow || given.columns === undefined) return given
  const column = given.columns[frame.member]
  return { columns: column === undefined ? undefined : [column], operator: given.operator }
}

function quantified(operator: string | undefined, quantifier: string): string {
  const word = quantifier === 'some' ? 'any' : quantifier
  return operator === '=' && word === 'any' ? 'any' : `${operator} ${word}`
}

function isReserved(id: number): boolean {
  return ((keywordFlags[id] as number) & RESERVED) !== 0
}

function unquoted(raw: string): string {
  const isPrefixed = raw[1] === '&'
  const start = isPrefixed ? 3 : 1
  const closer = raw[start - 1] === '[' ? ']' : (raw[start - 1] as string)
  return raw.slice(start, -1).replaceAll(closer + closer, closer)
}
