import type { Report } from '../model/report.ts'

/** What a reporter may know besides the report: how wide, in colour or not, and where the sources are. */
export interface ReporterContext {
  /** Escape codes are written where true, and only then; the caller has looked at `NO_COLOR` and at the stream. */
  readonly color: boolean
  /** In columns; 100 where the output is no terminal. */
  readonly width: number
  /** Absolute. File paths are shown and serialised relative to it. */
  readonly cwd: string
  /** Source text of a file, mapped sources included; undefined where it cannot be had. Passed in so that reporters do no I/O. */
  readonly sourceOf: (file: string) => string | undefined
  /** True where the statements came from no code, as in `nonplus explain`: then no line of it is missed. */
  readonly hasNoCode?: boolean
  /** True where the tree of the plan is shown already. */
  readonly isPlanShown?: boolean
}

/**
 * Writes a report as text. Pure: no I/O, no clock, no environment, same text for the same report.
 *
 * @returns text that ends in one newline.
 */
export type Reporter = (report: Report, context: ReporterContext) => string
