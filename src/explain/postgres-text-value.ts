/** A name without the quotes that PostgreSQL writes it in where it needs them. */
export function unquoted(name: string): string {
  return name.startsWith('"') && name.endsWith('"') && name.length > 1 ? name.slice(1, -1).replaceAll('""', '"') : name
}

/** True where a text ends within a string, a quoted name or parentheses, so that more of it must follow. */
export function isOpen(text: string): boolean {
  let depth = 0
  let quote = ''
  for (const char of text) {
    if (quote !== '') quote = char === quote ? '' : quote
    else if (char === "'" || char === '"') quote = char
    else if (char === '(' || char === '[') depth++
    else if (char === ')' || char === ']') depth--
  }
  return quote !== '' || depth > 0
}
