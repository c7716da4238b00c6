/** Members of a list that is written as one text: `a desc, f(b, c)`; undefined where it is empty. */
export function splitList(text: string): string[] | undefined {
  const members: string[] = []
  let depth = 0
  let quote = ''
  let start = 0
  for (let at = 0; at <= text.length; at++) {
    const char = text[at] ?? ''
    if (quote !== '') {
      if (char === quote) quote = ''
      else if (char === '\\') at++
    } else if (char === "'" || char === '"' || char === '`') quote = char
    else if (char === '(' || char === '[') depth++
    else if (char === ')' || char === ']') depth--
    if ((char === ',' && depth === 0 && quote === '') || at === text.length) {
      members.push(text.slice(start, at).trim())
      start = at + 1
    }
  }
  const filled = members.filter((member) => member !== '')
  return filled.length === 0 ? undefined : filled
}
