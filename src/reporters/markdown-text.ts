import { printable } from './layout.ts'

/** Keeps GitHub from telling people and issues that they were mentioned; shows nothing. */
const BREAK = '&#8203;'

/** Prose in Markdown that reads as it is: neither markup, nor HTML, nor a mention of somebody. */
export function escapeMarkdown(text: string): string {
  return breakMentions(escapeMarkup(text))
}

function escapeMarkup(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_{}[\]~$]/g, '\\$&')
    .replaceAll('|', '&#124;')
}

/** Prose inside of HTML, where Markdown is not read. */
export function escapeHtml(text: string): string {
  return breakMentions(
    printable(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  )
}

function breakMentions(text: string): string {
  // a `&` that is not the start of an entity was escaped before
  return text.replace(/@(?=[a-z\d])|(?<!&)#(?=\d)/gi, `$&${BREAK}`)
}

/** Code in the cell of a table, where no code span can hold a backslash before a `|`. */
export function codeCell(text: string): string {
  return `<code>${escapeMarkup(text)}</code>`
}

/** A code span, with as many backticks as the text wants. */
export function codeSpan(text: string): string {
  const code = printable(text)
  if (code === '') return ''
  const ticks = '`'.repeat(longestRun(code) + 1)
  const padding = /^`|`$/.test(code) ? ' ' : ''
  return `${ticks}${padding}${code}${padding}${ticks}`
}

/** A fenced block, whose fence is longer than any in the text. */
export function codeBlock(lines: readonly string[], language = ''): string[] {
  const fence = '`'.repeat(Math.max(3, longestRun(lines.join('\n')) + 1))
  return [fence + language, ...lines, fence]
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length))
}
