// The package ships no types; this is the part that is used.
declare module '@babel/code-frame' {
  interface Options {
    readonly linesAbove?: number
    readonly linesBelow?: number
    readonly forceColor?: boolean
    /** Number of the first line of the given text, where it is a part of a file. */
    readonly startLine?: number
  }
  /** Lines around a place, numbered, with a caret below it. Line and column count from 1. */
  export function codeFrameColumns(
    text: string,
    location: { readonly start: { readonly line: number; readonly column: number } },
    options?: Options,
  ): string
}
