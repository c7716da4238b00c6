import { isAbsolute, relative, sep } from 'node:path'
import { isMainThread } from 'node:worker_threads'

/** What a program is called in a report: `seed.js`, `knex seed:run` for one of a package, `node -e` without a file. */
export function processName(): string {
  const name = nameOf(process.argv, process.cwd())
  return isMainThread ? name : `${name} (thread)`
}

/**
 * The name of a program with these arguments. Only arguments that look like the name of a command are shown, since
 * others may be values.
 */
export function nameOf([, file, ...args]: readonly string[], cwd: string): string {
  if (file === undefined) return 'node'
  if (!isAbsolute(file)) return 'node -e'
  const parts = file.split(sep)
  const index = parts.lastIndexOf('node_modules')
  if (index !== -1) return [packageName(parts.slice(index + 1)), ...commandOf(args)].join(' ')
  const path = relative(cwd, file)
  const shown = path.startsWith('..') ? (parts.at(-1) as string) : path.replaceAll(sep, '/')
  return shown === '' ? (parts.at(-1) as string) : shown
}

function packageName([first = '', second = '']: readonly string[]): string {
  if (first === '.bin') return second
  return first.startsWith('@') ? `${first}/${second}` : first
}

function commandOf([command]: readonly string[]): readonly string[] {
  return command !== undefined && /^[a-z][a-z:_-]{0,40}$/i.test(command) ? [command] : []
}
