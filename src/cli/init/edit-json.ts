import { createRequire } from 'node:module'
import type { JSONPath, ModificationOptions } from 'jsonc-parser'

// its ES module names files without their extension, which Node.js does not resolve
const { applyEdits, modify, parseTree, getNodeValue } = createRequire(import.meta.url)(
  'jsonc-parser',
) as typeof import('jsonc-parser')

/** What a text of JSON holds; comments are allowed. Undefined where it is broken or no object. */
export function parseJson(text: string): Readonly<Record<string, unknown>> | undefined {
  const faults: { error: number }[] = []
  const tree = parseTree(text.replace(/^\uFEFF/, ''), faults as never[], { allowTrailingComma: true })
  return tree?.type === 'object' && faults.length === 0 ? getNodeValue(tree) : undefined
}

/**
 * Sets one value in a text of JSON; all other bytes stay as they are.
 *
 * @param after name of the property that a new one is put behind; else it becomes the last one.
 */
export function setJson(text: string, path: JSONPath, value: unknown, after?: string): string {
  const options: ModificationOptions = {
    formattingOptions: { ...indentOf(text), eol: text.includes('\r\n') ? '\r\n' : '\n' },
    ...(after === undefined ? {} : { getInsertionIndex: (names) => names.indexOf(after) + 1 }),
  }
  return applyEdits(text, modify(text, path, value, options))
}

/** Appends to a list in a text of JSON; makes the list where there is none. */
export function appendJson(text: string, path: JSONPath, given: unknown, item: string): string {
  if (given === undefined) return setJson(text, path, [item])
  if (typeof given === 'string') return setJson(text, path, [given, item])
  return setJson(text, [...path, (given as readonly unknown[]).length], item)
}

/** Indentation of a text: that of its first line that has one. */
export function indentOf(text: string): { insertSpaces: boolean; tabSize: number } {
  const [, indent = '  '] = /\n([\t ]+)\S/.exec(text) ?? []
  return { insertSpaces: !indent.startsWith('\t'), tabSize: indent.length }
}
