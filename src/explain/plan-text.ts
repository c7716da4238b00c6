/** True for what begins as JSON does; a quote may also be that of a client around the first line of a text. */
export function isJsonText(text: string): boolean {
  return /^\uFEFF?\s*(?:[[{]|"(?!QUERY PLAN|[A-Z][a-z]))/.test(text)
}

/**
 * The text without what a client puts around it: byte order mark, psql's heading, frame, `+` at line ends and `(1 row)`,
 * the frame of the mysql client, and its `EXPLAIN:` with `\\G`.
 */
export function undecorated(text: string): string {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !isFrame(line))
    .map((line) => line.replace(/^\s*(?:EXPLAIN|ANALYZE): /, ''))
  return withoutContinuations(withoutBorders(lines)).join('\n').trim()
}

function isFrame(line: string): boolean {
  return (
    /^[\s|│║]*(?:QUERY PLAN|EXPLAIN|ANALYZE)[\s|│║]*$/i.test(line) ||
    /^\s*[-+─┼├┤┌┐└┘═╔╗╚╝╟╢╠╣]{3,}\s*$/.test(line) ||
    /^\s*(?:\(\d+ rows?\)|\d+ rows? in set\b.*|Time: [\d.]+ ms.*|\*+ \d+\. row \*+)\s*$/.test(line)
  )
}

/** Where the first line begins with a border, those of all lines go; the mysql client draws them at the ends only. */
function withoutBorders(lines: readonly string[]): readonly string[] {
  if (!/^[|│║] /.test(lines[0] ?? '')) return lines
  return lines.map((line) => line.replace(/^[|│║] /, '').replace(/\s*[|│║]\s*$/, ''))
}

/** psql marks a cell that goes on in the next line. */
function withoutContinuations(lines: readonly string[]): readonly string[] {
  const isContinued = lines.length > 1 && lines.slice(0, -1).every((line) => /[+↵]$/.test(line))
  return isContinued ? lines.map((line) => line.replace(/\s*[+↵]$/, '')) : lines
}

/** Where JSON is broken, counted from 1. */
export interface BrokenJson {
  readonly line: number
  readonly column: number
  /** It stops before it is complete. */
  readonly isCut: boolean
}

/** The plan as JSON: with 64-bit integers as texts, and with what MariaDB writes that is no JSON. */
export function parsePlanJson(text: string): { readonly value: unknown } | { readonly broken: BrokenJson } {
  const written = keepQueryId(withoutEndMarkers(text))
  for (const attempt of [written, withoutStrayEscapes(written), withoutEscapedLines(written)]) {
    const parsed = parse(attempt)
    if ('value' in parsed) return parsed
  }
  const { at } = parse(written) as { at: number }
  const before = written.slice(0, at).split('\n')
  const isCut = written.slice(at).trim() === ''
  return { broken: { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, isCut } }
}

function parse(text: string): { readonly value: unknown } | { readonly at: number } {
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    const position = /position (\d+)/.exec(String(error))?.[1]
    return { at: position === undefined ? text.length : Number(position) }
  }
}

/** A 64-bit integer, of which a number keeps 53 bits. */
function keepQueryId(json: string): string {
  return json.replace(/(?<!\\)("Query Identifier"\s*:\s*)(-?\d+)/g, '$1"$2"')
}

/** `end_markers_in_json` of MySQL writes a comment behind each bracket: `} /* query_block *\/`. */
function withoutEndMarkers(json: string): string {
  return json.replace(/([}\]])\s*\/\*[^*]*\*\//g, '$1')
}

/**
 * MariaDB writes the literals of conditions as SQL into its JSON: `"note = 'it\'s'"`, which is no escape of JSON, and
 * control characters as they are.
 */
function withoutStrayEscapes(json: string): string {
  return json
    .replace(/\\(.)/gs, (whole, char: string) => ('"\\/bfnrtu'.includes(char) ? whole : `\\\\${char}`))
    .replace(/"(?:[^"\\]|\\.)*"/gs, (string) => string.replace(/\p{Cc}/gu, controlEscape))
}

function controlEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** The mysql client in batch mode writes `\n` for line ends, and doubles backslashes. */
function withoutEscapedLines(json: string): string {
  return json.replace(/\\([nt\\])/g, (_, char: string) => (char === 'n' ? '\n' : char === 't' ? '\t' : '\\'))
}

/** Rows of EXPLAIN QUERY PLAN as the sqlite3 shell draws them: `|--SCAN orders`; undefined where it is something else. */
export function sqliteRows(
  text: string,
): { id: number; parent: number; notused: number; detail: string }[] | undefined {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  const listed = lines.map((line) => /^(\d+)\|(\d+)\|(\d+)\|(.+)$/.exec(line))
  if (lines.length > 0 && listed.every((match) => match !== null))
    return listed.map((match) => {
      const [, id, parent, notused, detail = ''] = match as RegExpExecArray
      return { id: Number(id), parent: Number(parent), notused: Number(notused), detail }
    })
  const drawn = lines.map((line) => /^((?:[| ] {2})*)[|`]--(.+)$/.exec(line)).filter((match) => match !== null)
  if (drawn.length === 0) return undefined
  const open: number[] = []
  return drawn.map(([, prefix = '', detail = ''], index) => {
    const depth = prefix.length / 3
    open.length = depth
    open.push(index + 1)
    return { id: index + 1, parent: open[depth - 1] ?? 0, notused: 0, detail }
  })
}
