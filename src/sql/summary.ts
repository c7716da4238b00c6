import type { Action } from './outline.ts'

const LONGEST = 255

/**
 * Label of a statement by the OpenTelemetry rules for `db.query.summary`: each operation and its targets, in order of
 * appearance, `INSERT shipping_details SELECT orders`; statements of one text are separated by `; `.
 *
 * @param nameOf writes a target as the statement does.
 * @returns at most 255 characters, cut between two words.
 */
export function summaryOf(actions: readonly Action[], nameOf: (parts: readonly string[]) => string): string {
  let summary = ''
  for (const action of actions) {
    for (const [index, word] of [action.operation, ...action.targets.map(nameOf)].entries()) {
      const separator = summary === '' ? '' : index === 0 && action.isFirst ? '; ' : ' '
      if (summary.length + separator.length + word.length > LONGEST)
        return summary === '' ? word.slice(0, LONGEST) : summary
      summary += separator + word
    }
  }
  return summary
}
