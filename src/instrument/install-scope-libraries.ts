import { dirname, join } from 'node:path'
import { libraryModules, packageOf } from './driver-files.ts'
import { loadEsModulesAhead, onEsModule } from './es-modules.ts'
import { loadedModules } from './instrument.ts'
import { isPreloaded, onModuleLoad } from './loader.ts'
import { isSandboxed } from './sandbox.ts'
import type { CallSiteMode } from './scope.ts'
import { scopeLibraries } from './scope-libraries.ts'
import type { ScopeLibrary } from './scope-library.ts'
import { onceInProcess, reportFailure } from './state.ts'

const byName = new Map(scopeLibraries.map((library) => [library.module, library]))

/** Gives each job and each message a scope, as their libraries are loaded; does nothing when called again. */
export function installScopeLibraries(callSites: CallSiteMode): void {
  onceInProcess('scope libraries', () => {
    for (const [file, module] of Object.entries(loadedModules())) {
      const library = libraryOf(file)
      if (library !== undefined && module?.loaded) patch(library, file, module.exports, callSites)
    }
    onModuleLoad((request, resolve, exports) => {
      const library = byName.get(request) ?? (request.includes('node_modules') ? libraryOf(request) : undefined)
      if (library !== undefined) patch(library, resolve(), exports, callSites)
    })
    onEsModule((file, namespace) => {
      const library = libraryOf(file)
      if (library !== undefined) patchEsModule(library, namespace, callSites)
    })
    if (!isSandboxed && !isPreloaded()) loadEsModulesAhead(libraryModules)
    return true
  })
}

function patch(library: ScopeLibrary, file: string, exports: unknown, callSites: CallSiteMode): void {
  try {
    library.patch(exports, callSites)
    for (const name of library.files ?? []) {
      const beside = loadedModules()[join(dirname(file), name)]
      if (beside !== undefined) library.patch(beside.exports, callSites)
    }
  } catch (error) {
    reportFailure(`hooking ${library.module}`, error)
  }
}

function patchEsModule(library: ScopeLibrary, namespace: unknown, callSites: CallSiteMode): void {
  try {
    library.patch(namespace, callSites)
    const { default: whole } = namespace as { default?: unknown }
    if (whole !== undefined && whole !== null) library.patch(whole, callSites)
  } catch (error) {
    reportFailure(`hooking ${library.module}`, error)
  }
}

function libraryOf(file: string): ScopeLibrary | undefined {
  return byName.get(packageOf(file, byName) ?? '')
}
