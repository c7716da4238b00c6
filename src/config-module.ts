import { pathToFileURL } from 'node:url'
import { isModuleNamespaceObject } from 'node:util/types'
import type { ConfigFile } from './config-file.ts'
import { NonplusError } from './model/errors.ts'
import { isRecord } from './model/is-record.ts'
import { display } from './options.ts'

/**
 * The configuration in what a module of one exports: its default export, or what CommonJS assigned to `module.exports`.
 *
 * @throws NonplusError ERR_CONFIG_INVALID where that is no plain object.
 */
export function configIn(exported: unknown, name: string): object {
  const value = defaultOf(exported)
  if (value === undefined) {
    throw new NonplusError('ERR_CONFIG_INVALID', `${name} has no default export. Write: export default { … }`)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !('then' in value)) return value
  const shown = typeof value === 'function' ? 'a function, which is not called' : display(value)
  const hint = shown === 'a promise' ? ' Await it: export default await …' : ''
  throw new NonplusError('ERR_CONFIG_INVALID', `${name} must export an object, but exports: ${shown}.${hint}`)
}

function defaultOf(exported: unknown): unknown {
  if (!isRecord(exported)) return exported
  if (isModuleNamespaceObject(exported)) return 'default' in exported ? unwrap(exported.default) : undefined
  return unwrap(exported)
}

/** What a compiler made of `export default`, in CommonJS. */
function unwrap(value: unknown): unknown {
  return isRecord(value) && value.__esModule === true ? value.default : value
}

/** Says what is wrong with a configuration file that could not be loaded, and where. */
export function loadFailure(error: unknown, { path }: ConfigFile, name: string): NonplusError {
  const { message, name: kind, stack = '' } = error instanceof Error ? error : new Error(String(error))
  const options = { cause: error }
  // thrown by defineConfig(), of any copy of nonplus
  if (kind === 'NonplusError') return new NonplusError('ERR_CONFIG_INVALID', `${name}: ${message}`, options)
  const place = placeIn(stack, path)
  const at = place === undefined ? name : `${name}:${place}`
  const text = (message.split('\n')[0] ?? '').replace(/^ParseError: /, '').trim()
  const said = isSyntaxError(error) ? `cannot be read: ${text}` : `could not be loaded: ${kind}: ${text}`
  return new NonplusError('ERR_CONFIG_INVALID', `${at} ${said}`, options)
}

/** True for the errors of Node.js, and of jiti, whose parser throws plain ones. */
export function isSyntaxError(error: unknown): boolean {
  return error instanceof Error && (error.name === 'SyntaxError' || error.message.startsWith('ParseError: '))
}

/** `line:column` of a file in a stack, as far as they are there. */
export function placeIn(stack: string, path: string): string | undefined {
  for (const name of [path, pathToFileURL(path).href]) {
    const place = /^:(\d+(?::\d+)?)/.exec(stack.slice(stack.indexOf(name) + name.length))?.[1]
    if (stack.includes(name) && place !== undefined) return place
  }
  return undefined
}
