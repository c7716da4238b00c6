import { closingOf, type ModuleText, matches } from './module-text.ts'

/** What a configuration module exports, as far as its form is one of those that are known. */
export interface ModuleExport {
  readonly format: 'esm' | 'cjs'
  /** Index of the first token of what is exported. */
  readonly value: number
}

/** The one default export, or the one assignment to `module.exports`. */
export function exportOf(module: ModuleText): ModuleExport | undefined {
  const found = module.tokens.flatMap(({ depth }, index): ModuleExport[] => {
    if (depth !== 0) return []
    if (matches(module, index, ['export', 'default'])) return [{ format: 'esm', value: index + 2 }]
    if (matches(module, index, ['module', '.', 'exports', '='])) return [{ format: 'cjs', value: index + 4 }]
    return []
  })
  return found.length === 1 ? found[0] : undefined
}

/**
 * Index of the `{` of the object that is exported: as it is, in a call of `define…Config()`, from a function that
 * returns nothing else, or through a constant. Undefined for any other form.
 */
export function exportedObject(module: ModuleText, { value }: ModuleExport): number | undefined {
  const name = module.tokens[value]
  const isName = name?.type === 'IdentifierName' && !matches(module, value + 1, ['('])
  return objectAt(module, isName ? valueOfConstant(module, name.value) : value)
}

/** Where what is exported ends, if it is a lone name or a lone object: something that can be wrapped in a call. */
export function wrappedEnd(module: ModuleText, { value }: ModuleExport): number | undefined {
  const { tokens, text } = module
  const last = tokens[value]?.value === '{' ? closingOf(module, value) : value
  const [first, end, next] = [tokens[value], tokens[last], tokens[last + 1]]
  if (first === undefined || end === undefined || (first.value !== '{' && first.type !== 'IdentifierName'))
    return undefined
  const isAlone =
    next === undefined ||
    [';', 'satisfies', 'as'].includes(next.value) ||
    (/\n/.test(text.slice(end.end, next.start)) && /^(IdentifierName|StringLiteral)$/.test(next.type))
  return isAlone && !['async', 'function', 'class', 'await', 'new'].includes(first.value) ? end.end : undefined
}

function valueOfConstant(module: ModuleText, name: string): number | undefined {
  const { tokens } = module
  const declared = tokens.flatMap(({ depth }, index) =>
    depth === 0 && matches(module, index, ['const', name]) ? [index] : [],
  )
  const [start] = declared
  if (declared.length !== 1 || start === undefined) return undefined
  // past a type: `const config: Config = {`
  const equals = tokens.findIndex(({ value, depth }, index) => index > start && depth === 0 && /^[=;]$/.test(value))
  return tokens[equals]?.value === '=' ? equals + 1 : undefined
}

function objectAt(module: ModuleText, start: number | undefined): number | undefined {
  if (start === undefined) return undefined
  const { tokens } = module
  if (tokens[start]?.value === '{') return start
  if (/^define\w*Config$/.test(tokens[start]?.value ?? '') && matches(module, start + 1, ['('])) {
    return objectAt(module, start + 2)
  }
  const open = tokens[start]?.value === 'async' ? start + 1 : start
  if (tokens[open]?.value !== '(') return undefined
  const close = closingOf(module, open)
  return matches(module, close + 1, ['=>', '(', '{']) ? close + 3 : undefined
}
