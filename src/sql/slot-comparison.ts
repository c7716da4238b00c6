import type { Clause, Slot } from '../model/statement.ts'
import { type Comparison, type Frame, memberComparison } from './clause-frame.ts'

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

interface MutableSlot {
  clause: Clause
  form: Slot['form']
  column?: string
  operator?: string
}

/**
 * Tells which column each value is compared with or assigned to, and by which operator, from what stands before it, and
 * for `? = column` from what stands behind.
 */
export class SlotComparison {
  readonly slots: MutableSlot[] = []
  /** What the operand that comes next is compared with. */
  comparison: Comparison | undefined
  isNegated = false

  readonly #positions: readonly number[]
  readonly #forms: readonly Slot['form'][]
  /** Columns that a comparison would take as its left side. */
  #operand: readonly string[] | undefined
  #afterSlot: MutableSlot | undefined
  #reverse: { readonly slot: MutableSlot; readonly operator: string } | undefined
  /** An expression is going on, which is no column. */
  #isTainted = false

  constructor(positions: readonly number[], forms: readonly Slot['form'][]) {
    this.#positions = positions
    this.#forms = forms
  }

  /** Whatever was read before is no operand of what follows. */
  forget(): void {
    this.comparison = undefined
    this.isNegated = false
    this.#operand = undefined
    this.#afterSlot = undefined
    this.#reverse = undefined
    this.#isTainted = false
  }

  /** Begins a comparison of what was read before. */
  compareWith(operator: string): void {
    const columns = this.#isTainted ? undefined : this.#operand
    const slot = this.#afterSlot
    this.forget()
    this.comparison = { columns, operator }
    if (slot !== undefined && slot.operator === undefined) this.#reverse = { slot, operator }
  }

  /** Takes an operator that is no word; in SET, `=` assigns. */
  onOperator(operator: string, isInSet: boolean): void {
    const isAssignment = isInSet && operator === '=' && this.#operand !== undefined
    if (isAssignment || comparisons.has(operator)) {
      this.compareWith(operator)
      if (isAssignment) this.comparison = { columns: this.comparison?.columns, operator: undefined }
      return
    }
    // The value is a part of an expression: it is the expression that is compared.
    const slot = this.#afterSlot
    if (slot !== undefined) {
      delete slot.column
      delete slot.operator
    }
    this.forget()
    this.#isTainted = true
  }

  /** Takes the name of a column or function. */
  onName(name: string, isFunction: boolean, isBeforeOperator: boolean): void {
    const reverse = this.#reverse
    const operator = reverse === undefined ? undefined : mirrored[reverse.operator]
    if (reverse !== undefined && !isFunction && !isBeforeOperator) reverse.slot.column = name
    if (reverse !== undefined && operator !== undefined) reverse.slot.operator = operator
    const isTainted = this.#isTainted
    const comparison = isFunction && (name === 'cast' || name === 'try_cast') ? this.comparison : undefined
    this.forget()
    this.comparison = comparison
    this.#isTainted = isTainted
    this.#operand = isFunction || isTainted ? undefined : [name]
  }

  /** Takes a row of columns, `(a, b)`. */
  onRow(names: readonly string[]): void {
    this.#operand = names
  }

  /** Takes what stands at a position of the shape as the next value; false where it is none. */
  onSlot(at: number, frame: Frame, isMember: boolean): boolean {
    this.fill(at)
    const index = this.slots.length
    if (this.#positions[index] !== at) {
      this.forget()
      return false
    }
    const slot: MutableSlot = { clause: frame.clause, form: this.#forms[index] ?? 'literal' }
    this.slots.push(slot)
    const comparison = isMember ? memberComparison(frame) : this.comparison
    if (comparison?.columns?.length === 1) slot.column = comparison.columns[0] as string
    if (comparison?.operator !== undefined) slot.operator = comparison.operator
    frame.names = undefined
    frame.expectsTable = false
    this.forget()
    this.#afterSlot = slot
    return true
  }

  /** Slots that stand before a position and were not met as values: there are none, unless the text is no SQL. */
  fill(before: number): void {
    for (let next = this.slots.length; (this.#positions[next] ?? before) < before; next++) {
      this.slots.push({ clause: 'other', form: this.#forms[next] ?? 'literal' })
    }
  }

  /** MySQL: `limit offset, count`. */
  swapLimit(): void {
    const last = this.slots[this.slots.length - 1]
    if (last?.clause === 'limit') last.clause = 'offset'
  }
}
