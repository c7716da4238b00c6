/** The plan as JSON, where the text is that; else undefined. What JSON would lose or refuse is kept: see below. */
export function parsePlanJson(text: string): unknown {
  const written = keepQueryId(withoutEndMarkers(text))
  try {
    return JSON.parse(written)
  } catch {
    return parseOrNone(withoutStrayEscapes(written))
  }
}

function parseOrNone(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
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
