/** A line of a text, with its number in what was given, from 1. */
export interface NumberedLine {
  readonly text: string
  readonly number: number
}
