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

/** Prose without the working directory in front of the paths in it. */
export function withoutDirectory(text: string, cwd: string): string {
  const directory = cwd.replace(/[\\/]+$/, '')
  if (directory.length < 2) return text
  return text.replace(new RegExp(`(?:file:///?|(?<![\\w./-]))${escapeRegExp(directory)}[\\\\/]`, 'g'), '')
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
