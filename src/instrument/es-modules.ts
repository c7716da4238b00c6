import { existsSync, realpathSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { driverModules, type EsModulePackage, esModuleEnds, libraryModules } from './driver-files.ts'
import { instrumentExports } from './instrument.ts'
import { isLoadingAhead, whileLoadingAhead } from './loading-ahead.ts'
import { onceInProcess, reportFailure } from './state.ts'

interface LoadedSource {
  readonly format?: string | null
  readonly source?: string | ArrayBuffer | Uint8Array | null
}

type Load = (url: string, context: unknown, next: (url: string, context: unknown) => LoadedSource) => LoadedSource

interface ModuleHooks {
  registerHooks?(hooks: { load: Load }): unknown
  register(specifier: string, options: { data: unknown }): void
}

/** What the tail of a module calls, whichever thread appended it. */
const SLOT = 'nonplus.es-module'

/** Namespaces that were handed over, with their URLs: hooked again after every hook was taken out. */
const handedOver = (): Map<string, unknown> => onceInProcess('es modules', () => new Map<string, unknown>())

type EsModuleListener = (file: string, namespace: unknown) => void

const listeners = (): Set<EsModuleListener> => onceInProcess('es module listeners', () => new Set<EsModuleListener>())

/** Calls `listener` with each ES module that is handed over, and with those that were. */
export function onEsModule(listener: EsModuleListener): void {
  listeners().add(listener)
  for (const [url, namespace] of handedOver()) listener(fileURLToPath(url), namespace)
}

const MAJOR = Number.parseInt(process.versions.node, 10)

const FIRST_WITH_BOTH = 24

/**
 * Sees drivers and libraries that are ES modules, which no `require` loads. A loader hook appends to the file that holds
 * one a tail that imports the module's own namespace and hands it over. It runs when the module has been evaluated; no export
 * is rewritten, and no line moves.
 *
 * Where Node can run such a hook in this thread it is always installed, since it costs next to nothing; from 24 on, as
 * Node 22 fails to load anything once another loader (SWC's) has hooks in a thread beside it. An older Node starts a
 * thread for it, which an application without such a package is spared.
 */
export function hookEsModules(): void {
  onceInProcess('es module hook', () => {
    const globals = globalThis as unknown as Record<symbol, unknown>
    globals[Symbol.for(SLOT)] = (namespace: unknown, url: string): void => {
      handedOver().set(url, namespace)
      hookNamespace(namespace, url)
    }
    const { registerHooks, register } = Module as unknown as ModuleHooks
    try {
      if (registerHooks !== undefined && MAJOR >= FIRST_WITH_BOTH) registerHooks({ load })
      else if (installedFiles([...driverModules, ...libraryModules]).length > 0) {
        register(`data:text/javascript,${encodeURIComponent(THREAD)}`, {
          data: { ends: esModuleEnds, tail: tailOf('URL') },
        })
      }
    } catch (error) {
      reportFailure('hooking ES modules', error)
    }
    return true
  })
}

/** Hooks once more what was handed over. */
export function rehookEsModules(): void {
  for (const [url, namespace] of handedOver()) hookNamespace(namespace, url)
}

/**
 * Hooks packages that may have been imported before nonplus was, which nothing lists: an ES module that is loaded already
 * is what `require` gives back, and one that is not is loaded ahead; it is told of in a report once it is used.
 */
export function loadEsModulesAhead(packages: readonly EsModulePackage[]): void {
  for (const file of installedFiles(packages)) {
    const { href } = pathToFileURL(file)
    if (loadedAhead.has(href) || handedOver().has(href)) continue
    loadedAhead.add(href)
    try {
      const load = createRequire(file)
      const wasRequired = file in load.cache
      const namespace: unknown = whileLoadingAhead(() => load(file))
      // not the application's: what it requires later must be seen as loaded by it
      if (!wasRequired) delete load.cache[file]
      handedOver().set(href, namespace)
      hookNamespace(namespace, href)
    } catch {
      // it is being loaded right now, or this Node cannot `require` an ES module
      importAhead(href)
    }
  }
}

function importAhead(href: string): void {
  pendingImports++
  import(href)
    .then((namespace) => {
      handedOver().set(href, namespace)
      hookNamespace(namespace, href)
    })
    .catch(() => {})
    .finally(() => {
      pendingImports--
    })
}

/** Modules that nonplus loaded itself. */
const loadedAhead = new Set<string>()

/** Imports of {@link loadEsModulesAhead} that are under way. */
let pendingImports = 0

/**
 * True where a load may be one that an import of nonplus' own leads to: of a CommonJS package by an ES module, which gives
 * its path.
 */
export function isImportingAhead(request: string): boolean {
  return pendingImports > 0 && isAbsolute(request)
}

function hookNamespace(namespace: unknown, url: string): void {
  try {
    const file = fileURLToPath(url)
    const isAhead = loadedAhead.has(url) || isLoadingAhead()
    // also what it imports itself
    if (isAhead) loadedAhead.add(url)
    const { default: whole } = namespace as { default?: unknown }
    const name = instrumentExports(namespace, file, isAhead)
    if (name === undefined && whole !== undefined) instrumentExports(whole, file, isAhead)
    for (const listener of listeners()) listener(file, namespace)
  } catch (error) {
    reportFailure('es module', error)
  }
}

const load: Load = (url, context, next) => {
  const loaded = next(url, context)
  if (loaded.format !== 'module' || !loaded.source || !isHookedUrl(url)) return loaded
  const { source } = loaded
  const text = typeof source === 'string' ? source : new TextDecoder().decode(source)
  return text.includes(SLOT) ? loaded : { ...loaded, source: text + tailOf(url) }
}

function isHookedUrl(url: string): boolean {
  if (!url.includes('/node_modules/')) return false
  const path = url.split('?', 1)[0] as string
  return esModuleEnds.some((end) => path.endsWith(end))
}

function tailOf(url: string): string {
  return `\n;import * as __nonplus__ from ${JSON.stringify(url)};globalThis[Symbol.for('${SLOT}')]?.(__nonplus__,import.meta.url);\n`
}

/** The same as `load`, in the thread of an older Node; which runs each `--require` as well, and so registers it twice. */
const THREAD = `
let ends, tail
export function initialize(data) {
  ends = data.ends
  tail = data.tail
}
export async function load(url, context, next) {
  const loaded = await next(url, context)
  const path = url.split('?', 1)[0]
  if (loaded.format !== 'module' || !loaded.source || !ends.some((end) => path.endsWith(end))) return loaded
  const { source } = loaded
  const text = typeof source === 'string' ? source : new TextDecoder().decode(source)
  return text.includes('${SLOT}') ? loaded : { ...loaded, source: text + tail.replace('"URL"', () => JSON.stringify(url)) }
}
`

/** ES modules that resolve from the working directory, from the program, or from what brings its own copy. */
function installedFiles(packages: readonly EsModulePackage[]): string[] {
  const files = new Set<string>()
  for (const folder of new Set([process.cwd(), dirname(resolve(process.argv[1] ?? 'program.js'))])) {
    const places = packageFoldersFrom(folder)
    for (const { module, files: names, within } of packages) {
      const holders = within.map((name) => packageIn(places, name)).filter((holder) => holder !== undefined)
      for (const from of [places, ...holders.map(packageFoldersFrom)]) {
        const found = packageIn(from, module)
        if (found !== undefined) for (const name of names) files.add(join(found, name))
      }
    }
  }
  return [...files].filter((file) => existsSync(file))
}

/** Folders that exist where a package is looked for from another folder; every start pays for this. */
function packageFoldersFrom(folder: string): string[] {
  const paths = createRequire(join(folder, 'noop.js')).resolve.paths('package') ?? []
  return paths.filter((path) => existsSync(path))
}

/** Folder of a package; links are resolved, as loaders do. */
function packageIn(places: readonly string[], name: string): string | undefined {
  const found = places.map((path) => join(path, name)).find((path) => existsSync(path))
  return found === undefined ? undefined : realpathSync(found)
}
