/** Unchanged lines around each change, as `diff -u` and git have them. */
const CONTEXT = 3

interface Line {
  readonly sign: ' ' | '-' | '+'
  readonly text: string
}

/**
 * The difference of two texts in the unified form, which `patch` and `git apply` take.
 *
 * @param file relative, with forward slashes.
 * @param before undefined where there is no file yet.
 * @returns '' where there is no difference.
 */
export function unifiedDiff(file: string, before: string | undefined, after: string): string {
  if (before === after) return ''
  const lines = compare(linesOf(before ?? ''), linesOf(after))
  const head = `${before === undefined ? '--- /dev/null' : `--- a/${file}`}\n+++ b/${file}\n`
  return (
    head +
    hunksOf(lines)
      .map(({ start, end }) => formatHunk(lines, start, end))
      .join('')
  )
}

/** With their ends, so that a missing one at the end of the text is a difference. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

/** By the longest common subsequence: the files that this is for have some hundred lines. */
function compare(before: readonly string[], after: readonly string[]): Line[] {
  const lengths = commonLengths(before, after)
  const lines: Line[] = []
  let [row, column] = [0, 0]
  while (row < before.length || column < after.length) {
    const [old, fresh] = [before[row], after[column]]
    if (old === fresh && old !== undefined) {
      lines.push({ sign: ' ', text: old })
      row++
      column++
    } else if (
      old !== undefined &&
      (fresh === undefined || at(lengths, row + 1, column) >= at(lengths, row, column + 1))
    ) {
      lines.push({ sign: '-', text: old })
      row++
    } else {
      lines.push({ sign: '+', text: fresh as string })
      column++
    }
  }
  return lines
}

/** How many lines the rests of both texts have in common, for each pair of places. */
function commonLengths(before: readonly string[], after: readonly string[]): number[][] {
  const lengths = Array.from({ length: before.length + 1 }, () => Array<number>(after.length + 1).fill(0))
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      const line = lengths[row] as number[]
      line[column] =
        before[row] === after[column]
          ? at(lengths, row + 1, column + 1) + 1
          : Math.max(at(lengths, row + 1, column), at(lengths, row, column + 1))
    }
  }
  return lengths
}

function at(lengths: readonly (readonly number[])[], row: number, column: number): number {
  return lengths[row]?.[column] ?? 0
}

/** Ranges of lines: changes with their context, joined where those touch. */
function hunksOf(lines: readonly Line[]): { start: number; end: number }[] {
  const hunks: { start: number; end: number }[] = []
  for (const [index, { sign }] of lines.entries()) {
    if (sign === ' ') continue
    const [start, end] = [Math.max(0, index - CONTEXT), Math.min(lines.length, index + CONTEXT + 1)]
    const last = hunks.at(-1)
    if (last !== undefined && start <= last.end) last.end = end
    else hunks.push({ start, end })
  }
  return hunks
}

function formatHunk(lines: readonly Line[], start: number, end: number): string {
  const [skipped, shown] = [lines.slice(0, start), lines.slice(start, end)]
  const body = shown.map(({ sign, text }) =>
    text.endsWith('\n') ? sign + text : `${sign}${text}\n\\ No newline at end of file\n`,
  )
  return `@@ -${rangeOf(skipped, shown, '+')} +${rangeOf(skipped, shown, '-')} @@\n${body.join('')}`
}

/** `first,count` in one of the texts: that which has no lines of the other's sign. */
function rangeOf(skipped: readonly Line[], shown: readonly Line[], other: '+' | '-'): string {
  const count = shown.filter(({ sign }) => sign !== other).length
  const first = skipped.filter(({ sign }) => sign !== other).length + (count === 0 ? 0 : 1)
  return `${first},${count}`
}
