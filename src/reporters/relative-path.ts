import { posix, win32 } from 'node:path'

/**
 * Path of a file as a report shows it: relative to the working directory, with forward slashes. URLs other than
 * `file:` and paths that are relative already stay as they are.
 *
 * The form of the path decides how it is read, not the platform: a report made on Windows reads the same elsewhere.
 */
export function relativePath(file: string, cwd: string): string {
  const path = file.startsWith('file:') ? pathOfUrl(file) : file
  // Of unlike forms the one says nothing about the other, and node:path would ask the process for the missing half.
  if (isWindowsPath(path)) return (isWindowsPath(cwd) ? win32.relative(cwd, path) : path).replaceAll('\\', '/')
  return path.startsWith('/') && cwd.startsWith('/') ? posix.relative(cwd, path) : path
}

/**
 * Prose without the working directory in front of the paths in it. What lies beside it in the same project, as the other
 * packages of a repository do, is relative as well: `../blog/posts.js`.
 */
export function withoutDirectory(text: string, cwd: string): string {
  const directory = cwd.replace(/[\\/]+$/, '')
  if (directory.length < 2) return text
  const inside = text.replace(new RegExp(`(?:file:///?|(?<![\\w./-]))${escapeRegExp(directory)}[\\\\/]`, 'g'), '')
  const [, first, second] = directory.split('/')
  if (first === undefined || second === undefined) return inside
  const beside = new RegExp(`(?<![\\w./-])/${escapeRegExp(first)}/${escapeRegExp(second)}/[^\\s:]+(?=:\\d)`, 'g')
  return inside.replace(beside, (path) => relativePath(path, cwd))
}

function isWindowsPath(path: string): boolean {
  return /^[A-Za-z]:[\\/]/.test(path) || path.startsWith('\\\\')
}

function pathOfUrl(url: string): string {
  try {
    const path = decodeURIComponent(new URL(url).pathname)
    return /^\/[A-Za-z]:/.test(path) ? path.slice(1) : path
  } catch {
    return url
  }
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
