/** A line of a text, with its number in what was given, from 1. */
export interface NumberedLine {
  readonly text: string
  readonly number: number
}

/** Lines of a text, without the mark that some editors begin it with. */
export function numberedLines(text: string): NumberedLine[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line, index) => ({ text: line, number: index + 1 }))
}
