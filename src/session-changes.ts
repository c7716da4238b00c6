/** What a statement does to the session of its connection. */
export type SessionChange =
  | { readonly type: 'set'; readonly name: string; readonly text: string; readonly isLocal: boolean }
  /** Without a name: all. */
  | { readonly type: 'reset'; readonly name?: string }
  | { readonly type: 'begin' | 'commit' | 'rollback' }

/** Looked at first: nearly all statements are none of these. */
const CANDIDATE =
  /^[\s;(]*(?:\/\*|--|set\b|reset\b|discard\b|use\b|begin\b|start\b|commit\b|end\b|rollback\b|abort\b)|set_config/i

const COMMENTS = /^(?:\s+|;|\/\*[\s\S]*?\*\/|--[^\n]*(?:\n|$))+/

/**
 * Reads what a statement sets, for whoever is to set another connection alike. A text may hold several; what is more
 * than a plain statement is kept as it is, so that whoever replays it can refuse it.
 *
 * @param parameters values bound to `set_config`, which are written into the text that is kept.
 */
export function readSessionChanges(text: string, parameters: readonly unknown[] | undefined): SessionChange[] {
  if (!CANDIDATE.test(text)) return []
  return partsOf(text).flatMap((part) => changesIn(part, parameters))
}

/** The statements of a text, by semicolons outside of quotes. */
function partsOf(text: string): string[] {
  if (!text.includes(';')) return [text]
  return (text.match(/(?:'(?:[^']|'')*'|"[^"]*"|`[^`]*`|\/\*[\s\S]*?\*\/|--[^\n]*|[^;'"`])+/g) ?? []).filter(
    (part) => part.trim() !== '',
  )
}

function changesIn(part: string, parameters: readonly unknown[] | undefined): SessionChange[] {
  const text = part.replace(COMMENTS, '').trim()
  const [, verb = '', next = ''] = /^(\w+)\s*(\w*)/.exec(text.toLowerCase()) ?? []
  if (verb === 'set') return setting(text)
  if (verb === 'use') return [{ type: 'set', name: 'use', text, isLocal: false }]
  if (verb === 'reset') return [next === 'all' ? { type: 'reset' } : { type: 'reset', name: nameIn(text.slice(6)) }]
  if (verb === 'discard') return next === 'all' ? [{ type: 'reset' }] : []
  if (verb === 'begin' || (verb === 'start' && next === 'transaction')) return [{ type: 'begin' }]
  if (verb === 'commit' || verb === 'end') return [{ type: 'commit' }]
  if (verb === 'abort') return [{ type: 'rollback' }]
  if (verb === 'rollback')
    return /^rollback\s+(?:work\s+|transaction\s+)?to\b/i.test(text) ? [] : [{ type: 'rollback' }]
  return /set_config/i.test(text) ? configured(text, parameters) : []
}

function setting(text: string): SessionChange[] {
  const [, scope = '', rest = ''] =
    /^set\s+(?:(local|session|global|persist)\s+(?!authorization|characteristics))?([\s\S]*)$/i.exec(text) ?? []
  // of the next transaction, or of everybody
  if (/^(?:transaction|constraints|session\s+characteristics)\b/i.test(rest) || /^(?:global|persist)$/i.test(scope))
    return []
  return [{ type: 'set', name: nameIn(rest), text, isLocal: scope.toLowerCase() === 'local' }]
}

/** Name of a setting: up to its sign, or the words that stand for one. */
function nameIn(rest: string): string {
  const [, words] = /^\s*(time\s+zone|session\s+authorization|character\s+set|names|role|[^\s=,]+)/i.exec(rest) ?? []
  return (words ?? rest).toLowerCase().replace(/\s+/g, ' ')
}

const ARGUMENT = String.raw`\s*('(?:[^']|'')*'|\$\d+|true|false)(?:\s*::\s*\w+)?\s*`
const CALL = new RegExp(
  String.raw`^(?:pg_catalog\.)?set_config\s*\(${ARGUMENT},${ARGUMENT},${ARGUMENT}\)(?:\s+as\s+\w+)?$`,
  'i',
)

/** `select set_config('app.tenant', $1, true)`, once or more. */
function configured(text: string, parameters: readonly unknown[] | undefined): SessionChange[] {
  const list = /^select\s+([\s\S]*)$/i.exec(text)?.[1]
  const calls = list?.match(/(?:pg_catalog\.)?set_config\s*\((?:'(?:[^']|'')*'|[^')])*\)(?:\s+as\s+\w+)?/gi) ?? []
  const isPlain = calls.length > 0 && list?.replace(/\s|,/g, '') === calls.join('').replace(/\s|,/g, '')
  const changes = isPlain ? calls.map((call) => configuredBy(call, parameters)) : [undefined]
  // more than calls of it: nobody can say what it set
  if (changes.includes(undefined)) return [{ type: 'set', name: text, text, isLocal: true }]
  return changes as SessionChange[]
}

function configuredBy(call: string, parameters: readonly unknown[] | undefined): SessionChange | undefined {
  const [, ...args] = CALL.exec(call.trim()) ?? []
  const [name, value, isLocal] = args.map((arg) => literalOf(arg, parameters))
  if (name === undefined || value === undefined || isLocal === undefined) return undefined
  const text = `select set_config(${name}, ${value}, ${isLocal})`
  return { type: 'set', name: name.slice(1, -1).toLowerCase(), text, isLocal: /^'?t/i.test(isLocal) }
}

function literalOf(arg: string, parameters: readonly unknown[] | undefined): string | undefined {
  if (!arg.startsWith('$')) return arg
  const value = parameters?.[Number(arg.slice(1)) - 1]
  if (typeof value === 'boolean') return String(value)
  if (!['string', 'number', 'bigint'].includes(typeof value)) return undefined
  return `'${String(value).replaceAll("'", "''")}'`
}
