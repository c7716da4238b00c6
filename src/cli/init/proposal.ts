/** Something that `nonplus init` can set up, and how things stand with it. */
export type Proposal = Change | ByHand | Done

interface Base {
  /** What it gives, as the prompt shows it. */
  readonly title: string
  /** Relative to the project. */
  readonly file: string
}

/** A file that can be changed, or made. */
export interface Change extends Base {
  readonly state: 'change'
  /** @param text of the file; undefined where there is none. */
  readonly edit: (text: string | undefined) => string
}

/** A file that cannot be changed safely: lines that are shown. */
export interface ByHand extends Base {
  readonly state: 'by hand'
  /** Why, and where the lines belong. */
  readonly reason: string
  readonly lines: readonly string[]
}

/** Nothing is left to do. */
export interface Done extends Base {
  readonly state: 'done'
}

/**
 * A proposal for a file that is there.
 *
 * @param edit returns undefined where the text has no form that is known.
 */
export function proposeEdit(
  base: Base & { readonly reason: string; readonly lines: readonly string[] },
  text: string,
  edit: (text: string) => string | undefined,
): Change | ByHand {
  const { title, file, reason, lines } = base
  if (edit(text) === undefined) return { state: 'by hand', title, file, reason, lines }
  return { state: 'change', title, file, edit: (now = text) => edit(now) ?? now }
}

/** A proposal for a file that is not there. */
export function proposeFile(title: string, file: string, text: string): Change {
  return { state: 'change', title, file, edit: () => text }
}
