import { existsSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ormOf } from './orm.ts'
import { outerFormatter } from './sandbox.ts'
import { sourceFrameOf } from './source-map.ts'
import { stackSites } from './stack-sites.ts'

/** A frame as V8 reported it: generated file, line and column. One object per place in the code. */
export interface RawFrame {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly function: string
  /** True where the function was not on the stack, but awaited what was: its position is that of its `await`. */
  readonly isAwaiting: boolean
  /** Position given by the stack formatter of a loader or test runner that knows the source; absent where there is none. */
  readonly mapped: { readonly file: string; readonly line: number; readonly column: number } | undefined
  /** Whose code it is, where that of packages was built into one file with that of the application. */
  role?: FileRole
}

/** Application frames at the time of a call, innermost first, not yet mapped to their sources. */
export interface CapturedCallSite {
  readonly frames: readonly RawFrame[]
  /** The innermost asynchronous hop above the first frame was a `Promise.all` and its like. */
  readonly concurrent: boolean
}

/** Frames kept: a helper, its caller, and two more tell a loop from unlike uses of one helper. */
const KEPT_FRAMES = 4

/**
 * Call-site capture. Three things make it right and cheap. It is structured: our own `prepareStackTrace` gets the
 * CallSite objects, and no string is ever formatted (source maps make strings 5 to 10 times dearer). The limit is high,
 * because the default of 10 ends inside Knex or MikroORM. And both settings are put back at once, since loaders and
 * test runners install formatters of their own: where one is installed, it is asked once per place in the code, as it
 * alone knows the source of what it transformed in memory.
 *
 * @param below function whose frame and all above it are left out.
 * @param message is told the ORM that stands between the driver and the application; also where no application does.
 * @returns undefined where no frame belongs to the application.
 */
export function captureCallSite(
  below: (...args: never[]) => unknown,
  message?: { orm: string | undefined },
): CapturedCallSite | undefined {
  const previousFormatter = Error.prepareStackTrace
  const sites = stackSites(below)
  return sites === undefined ? undefined : callSiteOf(sites, previousFormatter ?? outerFormatter(), message)
}

type Formatter = typeof Error.prepareStackTrace | undefined

function callSiteOf(
  sites: readonly NodeJS.CallSite[],
  formatter: Formatter,
  message: { orm: string | undefined } | undefined,
): CapturedCallSite | undefined {
  const frames: RawFrame[] = []
  let orm: string | undefined
  let concurrent = false
  let wasAll = false
  for (const site of sites) {
    const isBelowAll = wasAll
    wasAll = site.isPromiseAll()
    const file = site.getFileName()
    if (file === null || file === undefined) continue
    const fileRole = roleOf(file)
    const frame = fileRole === APPLICATION ? frameOf(site, file, formatter) : undefined
    const role = frame?.role ?? fileRole
    if (frame === undefined || role !== APPLICATION) {
      // outwards, so that of two that are built on each other the one the application calls is the last
      if (role !== OTHER && frames.length === 0) orm = role
      continue
    }
    if (isBelowAll && frames.length <= 1) concurrent = true
    frames.push(frame)
    if (frames.length === KEPT_FRAMES) break
  }
  if (message !== undefined && orm !== undefined) message.orm = orm
  return frames.length === 0 ? undefined : internSite(frames, concurrent)
}

/** One step outwards in a chain of calls. */
class ChainNode {
  readonly outer: Map<RawFrame, ChainNode> = new Map()
  alone: CapturedCallSite | undefined = undefined
  beside: CapturedCallSite | undefined = undefined
}

let chains = new ChainNode()
let chainCount = 0

/** One object per chain of calls, so that equal call sites are told by identity. */
function internSite(frames: readonly RawFrame[], concurrent: boolean): CapturedCallSite {
  if (chainCount > MAX_PLACES) {
    chains = new ChainNode()
    chainCount = 0
  }
  let node = chains
  for (const frame of frames) {
    let next = node.outer.get(frame)
    if (next === undefined) {
      next = new ChainNode()
      node.outer.set(frame, next)
      chainCount++
    }
    node = next
  }
  if (concurrent) {
    node.beside ??= { frames, concurrent }
    return node.beside
  }
  node.alone ??= { frames, concurrent }
  return node.alone
}

/** The same frames, below a `Promise.all` or not. */
export function withConcurrent(callSite: CapturedCallSite, concurrent: boolean): CapturedCallSite {
  return callSite.concurrent === concurrent ? callSite : internSite(callSite.frames, concurrent)
}

const framesByFile = new Map<string, Map<number, RawFrame>>()
let placeCount = 0

// Places in the code are finite, but code that is generated at run time makes new ones.
const MAX_PLACES = 20_000

function frameOf(site: NodeJS.CallSite, file: string, formatter: Formatter): RawFrame {
  const line = site.getLineNumber() ?? 0
  const column = site.getColumnNumber() ?? 0
  let places = framesByFile.get(file)
  if (places === undefined) {
    places = new Map()
    framesByFile.set(file, places)
  }
  const position = line * 65_536 + column
  const known = places.get(position)
  if (known !== undefined) return known
  const frame: RawFrame = {
    file: file.startsWith('file:') ? fileURLToPath(file) : file,
    line,
    column,
    function: functionNameOf(site),
    isAwaiting: site.isAsync(),
    mapped: formatter === undefined ? undefined : askFormatter(formatter, site),
  }
  if (isBuildOutput(frame.file)) frame.role = roleOfSource(sourceFrameOf(frame).file)
  places.set(position, frame)
  if (++placeCount > MAX_PLACES) {
    framesByFile.clear()
    placeCount = 0
  }
  return frame
}

/**
 * Frameworks build packages and application into one file, and only its map tells them apart. Asked once per place, and
 * of known folders only: a map is read for it.
 */
function isBuildOutput(file: string): boolean {
  return /[\\/]\.(next|output|nuxt|svelte-kit)[\\/]/.test(file)
}

/** What webpack wrote itself has no name. */
function roleOfSource(file: string): FileRole {
  return /^webpack:\/\/[^/]*\/(\?|$)/.test(file) ? OTHER : roleOf(file)
}

function functionNameOf(site: NodeJS.CallSite): string {
  const method = site.getFunctionName()
  if (method === null || method === '') return ''
  const type = site.isToplevel() || site.isConstructor() || method.includes('.') ? null : site.getTypeName()
  return type === null || type === 'Object' || type === 'Module' ? method : `${type}.${method}`
}

/** A place at the end of a line; in brackets the last one counts, since names of methods may hold anything: `GET (/posts)`. */
const IN_BRACKETS = /^.* \(((?:file:\/\/|[a-zA-Z]:[\\/]|\/)[^\n]*):(\d+):(\d+)\)\s*$/
const BARE = /((?:file:\/\/|[a-zA-Z]:[\\/]|\/)[^\n]*):(\d+):(\d+)\)?\s*$/

/** Reads `(file:line:column)` out of the one line that another formatter makes of this frame. */
function askFormatter(formatter: NonNullable<Formatter>, site: NodeJS.CallSite): RawFrame['mapped'] {
  try {
    const text = String(formatter(new Error('position'), [site])).trimEnd()
    const place = text.slice(text.lastIndexOf('\n') + 1)
    const match = IN_BRACKETS.exec(place) ?? BARE.exec(place)
    if (match === null) return undefined
    const [, file = '', line, column] = match
    return { file: file.startsWith('file:') ? fileURLToPath(file) : file, line: Number(line), column: Number(column) }
  } catch {
    return undefined
  }
}

const APPLICATION = ''
const OTHER = '-'

/** {@link APPLICATION}, {@link OTHER}, or the name of an ORM. */
type FileRole = string

const roles = new Map<string, FileRole>()

// Frames of nonplus itself: the folder of the build, or `src` when it runs from source.
const here = dirname(fileURLToPath(import.meta.url))
const ownFolder = (here.endsWith(`${sep}instrument`) ? dirname(here) : here) + sep

/**
 * True for code of the application: not of a package in node_modules, of Node, or of nonplus. Packages of a monorepo
 * are linked into node_modules, but run under their real path, and so count as the application.
 */
export function isApplicationFile(file: string): boolean {
  return roleOf(file) === APPLICATION
}

function roleOf(file: string): FileRole {
  let known = roles.get(file)
  if (known === undefined) {
    known = judge(file)
    if (roles.size >= MAX_PLACES) roles.clear()
    roles.set(file, known)
  }
  return known
}

/** Prisma's older generator writes its whole run time into the application; the schema it copied there tells it. */
function isGeneratedRuntime(path: string): boolean {
  return /[\\/]runtime[\\/][\w-]+\.[cm]?js$/.test(path) && existsSync(join(dirname(dirname(path)), 'schema.prisma'))
}

function judge(file: string): FileRole {
  if (file.startsWith('node:') || file.startsWith('internal/') || file.startsWith('wasm:')) return OTHER
  if (/^<.*>$/.test(file) || file === 'native' || file === '' || file === 'evalmachine.<anonymous>') return OTHER
  if (/[\\/]node_modules[\\/]/.test(file) || /[\\/]\.(yarn|pnp\.c?js)/.test(file)) return ormOf(file) ?? OTHER
  const path = file.startsWith('file:') ? fileURLToPath(file) : file
  if (path.startsWith(ownFolder)) return OTHER
  return isGeneratedRuntime(path) ? 'prisma' : APPLICATION
}
