import type { RawResult } from './message.ts'

/** Rows that are kept as possible sources of later parameters, where the driver gives them one by one and keeps none. */
const MAX_ROWS = 1_000

/** Rows of a cursor or a stream: all are counted, the first ones kept. */
export class RowSample {
  readonly rows: unknown[] = []
  count = 0
  readonly #limit: number

  constructor(limit: number = MAX_ROWS) {
    this.#limit = limit
  }

  /** True where rows are only counted from now on. */
  get isFull(): boolean {
    return this.rows.length >= this.#limit
  }

  add(row: unknown): void {
    this.count++
    if (!this.isFull) this.rows.push(row)
  }

  addAll(rows: readonly unknown[]): void {
    for (const row of rows) this.add(row)
  }

  /** As the result of a statement; `fields` as the driver tells them. */
  resultWith(fields: unknown): RawResult {
    return { rows: this.rows, fields }
  }
}
