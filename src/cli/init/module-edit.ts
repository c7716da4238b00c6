import { exportedObject, exportOf, wrappedEnd } from './module-export.ts'
import { type CodeToken, closingOf, insertAt, type ModuleText, readModule, uses } from './module-text.ts'

/** What is loaded at the top of a module. */
export interface Loading {
  /** `nonplus`, or `{ withNonplus }`. */
  readonly binding: string
  readonly specifier: string
}

/**
 * Appends to a list of the exported object, and loads what that needs; all other bytes stay.
 *
 * @returns undefined where the module has none of the forms that are known: nothing is guessed.
 */
export function appendToList(
  text: string,
  property: string,
  item: string,
  loading?: Loading & { readonly format: 'esm' },
): string | undefined {
  const module = readModule(text)
  const exported = module && exportOf(module)
  const open = module && exported && exportedObject(module, exported)
  if (module === undefined || exported === undefined || open === undefined) return undefined
  if (loading !== undefined && (exported.format !== loading.format || uses(module, loading.binding))) return undefined
  const insertion = listInsertion(module, open, property, item)
  if (insertion === undefined) return undefined
  return insertAt(text, [insertion, ...(loading === undefined ? [] : [loadInsertion(module, 'esm', loading)])])
}

/**
 * Wraps what a module exports in a call of a function that it loads.
 *
 * @returns undefined where the module exports neither a lone object nor a lone name.
 */
export function wrapExport(text: string, fn: string, specifier: string): string | undefined {
  const module = readModule(text)
  const exported = module && exportOf(module)
  const end = module && exported && wrappedEnd(module, exported)
  if (module === undefined || exported === undefined || end === undefined || uses(module, fn)) return undefined
  const start = module.tokens[exported.value]?.start as number
  return insertAt(text, [
    { at: start, text: `${fn}(` },
    { at: end, text: ')' },
    loadInsertion(module, exported.format, { binding: `{ ${fn} }`, specifier }),
  ])
}

interface Insertion {
  readonly at: number
  readonly text: string
}

function listInsertion(module: ModuleText, open: number, property: string, item: string): Insertion | undefined {
  const { tokens } = module
  const close = closingOf(module, open)
  const inner = (tokens[open]?.depth ?? 0) + 1
  const own = tokens.slice(open + 1, close).filter(({ depth }) => depth === inner)
  const key = own.findIndex(({ value }, index) => {
    return nameOf(value) === property && (index === 0 || own[index - 1]?.value === ',')
  })
  if (key === -1) {
    // what is spread may hold the property, and would replace ours
    if (own.some(({ value }) => value === '...')) return undefined
    return firstInsertion(module, open, `${property}: [${item}]`)
  }
  if (own[key + 1]?.value !== ':' || own[key + 2]?.value !== '[') return undefined
  const list = tokens.indexOf(own[key + 2] as CodeToken)
  const afterList = tokens[closingOf(module, list) + 1]
  // more than the list: `[a].filter(Boolean)`
  if (afterList?.value !== ',' && afterList !== tokens[close]) return undefined
  return firstInsertion(module, list, item)
}

/** Puts something first into the brackets that open at `open`, written as what is there. */
function firstInsertion({ text, tokens }: ModuleText, open: number, added: string): Insertion {
  const [bracket, next] = [tokens[open] as CodeToken, tokens[open + 1] as CodeToken]
  const space = text.slice(bracket.end, next.start)
  const isEmpty = next.depth === bracket.depth
  const [, sameLine = '', eol, indent = ''] = /^([^\n]*?)(\r?\n)\s*?([ \t]*)\S/.exec(`${space}x`) ?? []
  if (eol !== undefined) {
    const own = isEmpty ? indent + (/\n(\t| +)\S/.exec(text)?.[1] ?? '  ') : indent
    // behind a comment on the line of the bracket, unless that goes on
    return { at: bracket.end + (sameLine.includes('/*') ? 0 : sameLine.length), text: `${eol}${own}${added},` }
  }
  if (isEmpty) return { at: bracket.end, text: bracket.value === '{' && space === '' ? ` ${added} ` : added }
  return { at: bracket.end, text: space.startsWith(' ') ? ` ${added},` : `${added}, ` }
}

function nameOf(key: string): string {
  return /^['"]/.test(key) ? key.slice(1, -1) : key
}

/** In the style of the text, after what is loaded there. */
function loadInsertion(module: ModuleText, format: 'esm' | 'cjs', { binding, specifier }: Loading): Insertion {
  const { text, tokens } = module
  const last = lastLoading(module, format)
  const quote = tokens.find(({ type }) => type === 'StringLiteral')?.value[0] ?? "'"
  const end = tokens.some(({ value, depth }) => value === ';' && depth === 0) ? ';' : ''
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const source = `${quote}${specifier}${quote}`
  const line =
    format === 'esm' ? `import ${binding} from ${source}${end}` : `const ${binding} = require(${source})${end}`
  if (last !== undefined) return { at: last, text: `${eol}${line}` }
  const head = /^(#![^\n]*\n|\/\/\/[^\n]*\n|['"]use strict['"];?[^\n]*\n|\s*\n)*/.exec(text)?.[0].length ?? 0
  return { at: head, text: `${line}${eol}${eol}` }
}

/** Where the last import, or the last `const … = require('…')`, of the top level ends. */
function lastLoading({ tokens }: ModuleText, format: 'esm' | 'cjs'): number | undefined {
  const ends = tokens.flatMap(({ value, depth }, index) => {
    if (depth !== 0) return []
    if (format === 'esm' && value === 'import' && !['(', '.'].includes(tokens[index + 1]?.value ?? '')) {
      return [importEnd(tokens, index)]
    }
    const isRequire = value === 'require' && tokens[index - 1]?.value === '=' && tokens[index + 1]?.value === '('
    return format === 'cjs' && isRequire ? [index + 3] : []
  })
  const end = ends.at(-1)
  if (end === undefined) return undefined
  return tokens[end + 1]?.value === ';' ? tokens[end + 1]?.end : tokens[end]?.end
}

function importEnd(tokens: readonly CodeToken[], start: number): number {
  const source = tokens.findIndex(({ type, depth }, index) => index > start && depth === 0 && type === 'StringLiteral')
  if (tokens[source + 1]?.value !== 'with') return source
  return tokens.findIndex(({ value, depth }, index) => index > source && depth === 0 && value === '}')
}
