import type { Measured } from './measure.ts'

/**
 * Says that a block which passed has read lists of one row only: with one row a loop runs once, and looks like none. A
 * warning of the process, since the assertion may still be right.
 */
export function warnOfOneRow(name: string, { report }: Measured): void {
  const notes = report.findings.filter(({ severity, count }) => severity === 'info' && count === 1)
  const [note] = notes
  if (note === undefined) return
  warn(
    'NONPLUS_ONE_ROW',
    `${quoted(name)}: ${note.explanation} With data of two rows or more it can be told whether this is an N+1.`,
  )
}

/** Says that runs at several sizes have read equally many rows: the data that the queries see did not grow. */
export function warnOfSameRows(name: string, sizes: readonly number[], rows: number): void {
  warn(
    'NONPLUS_SAME_ROWS',
    `${quoted(name)} read ${rows} rows at each of the sizes ${sizes.join(', ')}: where \`setup\` makes no more rows that ` +
      'the block reads, its queries cannot grow.',
  )
}

/**
 * Says that a block without a query has run while requests to a server sent some, which belong to no block: a server that was
 * started before takes none of what calls it. A warning, since they may be those of a test beside it.
 */
export function warnOfOuterServer(name: string, queries: number): void {
  warn(
    'NONPLUS_OUTER_SERVER',
    `${quoted(name)} sent no query itself, but requests that ran meanwhile sent ${queries}. Requests to a server count for a ` +
      'block where the server is started inside of it.',
  )
}

function warn(code: string, message: string): void {
  process.emitWarning(message, { type: 'NonplusWarning', code })
}

function quoted(name: string): string {
  return name === '' ? 'The block' : `'${name}'`
}
