/**
 * Names for requests whose route no framework told: the path, with what varies taken out of it. A scope name with an
 * id in it is a new name per request, and may hold what belongs to a person.
 */

const PLACEHOLDER = ':id'

/** Path of a request target, without query, fragment and origin: `/users/42` of `http://host/users/42?page=2`. */
export function pathOf(target: string): string {
  const cut = target.search(/[?#]/)
  const path = cut === -1 ? target : target.slice(0, cut)
  if (path.startsWith('/')) return path
  return path.replace(/^[a-z][a-z\d+.-]*:\/\/[^/]*/i, '') || '/'
}

/** Replaces every segment that looks like a value by `:id`: `/users/42/posts` becomes `/users/:id/posts`. */
export function maskPath(path: string): string {
  return /[\d%@]|[^/]{17}/.test(path) ? path.split('/').map(maskSegment).join('/') : path
}

function maskSegment(segment: string): string {
  if (/[%@]/.test(segment)) return PLACEHOLDER
  const extension = /\.[a-z]{1,5}\d?$/.exec(segment)?.[0] ?? ''
  const stem = segment.slice(0, segment.length - extension.length)
  return doesVary(stem) ? PLACEHOLDER + extension : segment
}

/** True for numbers, dates, UUIDs, ULIDs, hashes, tokens, user names, slugs with a number, and long titles. */
function doesVary(segment: string): boolean {
  if (segment.length > 40) return true
  if (!/\d/.test(segment)) return segment.length > 24 && !/[-_.]/.test(segment)
  if (!/[a-z]/i.test(segment)) return true
  if (/^[\da-f-]{8,}$/i.test(segment)) return true
  if (/\d{4}|^\d+[-_]|[-_]\d{2,}$/.test(segment)) return true
  if (segment.length >= 16) return !/[-_.]/.test(segment) || isMixedCase(segment)
  return segment.length >= 8 && isMixedCase(segment) && /\d.*\d/.test(segment)
}

function isMixedCase(segment: string): boolean {
  return /[a-z]/.test(segment) && /[A-Z]/.test(segment)
}

const MAX_DEPTH = 12
const MAX_SIBLINGS = 50
const MAX_SEGMENTS = 2_000

/**
 * Remembers which segments were seen under which, and gives no new names once there are too many: a masked path can
 * still hold a title or a name, which nothing tells from a route. Past 50 siblings, or 2,000 segments in the process,
 * a segment that was not seen before is `:id` too.
 */
export class PathVocabulary {
  readonly #children = new Map<string, Set<string>>()
  #size = 0

  /** @param path masked already. */
  limit(path: string): string {
    let known = ''
    const segments = path.split('/')
    for (const segment of segments.slice(1, MAX_DEPTH + 1)) known += `/${this.#admit(known, segment)}`
    return segments.length > MAX_DEPTH + 1 ? `${known}/…` : known || path
  }

  #admit(parent: string, segment: string): string {
    if (segment === PLACEHOLDER) return segment
    const siblings = this.#children.get(parent) ?? new Set()
    if (siblings.has(segment)) return segment
    if (siblings.size >= MAX_SIBLINGS || this.#size >= MAX_SEGMENTS) return PLACEHOLDER
    this.#children.set(parent, siblings.add(segment))
    this.#size++
    return segment
  }
}
