import { dirname, join, sep } from 'node:path'
import { bullmq } from './bullmq.ts'
import { loadedModules } from './instrument.ts'
import { onModuleLoad } from './loader.ts'
import { nodeCron } from './node-cron.ts'
import { pgBoss } from './pg-boss.ts'
import type { CallSiteMode } from './scope.ts'
import type { ScopeLibrary } from './scope-library.ts'
import { socketIo } from './socket-io.ts'
import { onceInProcess, reportFailure } from './state.ts'
import { ws } from './ws.ts'

/** Libraries whose jobs and messages are scopes. Adding one is a file and a line here. */
export const scopeLibraries: readonly ScopeLibrary[] = [bullmq, nodeCron, pgBoss, socketIo, ws]

/** Gives each job and each message a scope, as their libraries are loaded; does nothing when called again. */
export function installScopeLibraries(callSites: CallSiteMode): void {
  onceInProcess('scope libraries', () => {
    const byName = new Map(scopeLibraries.map((library) => [library.module, library]))
    for (const [file, module] of Object.entries(loadedModules())) {
      const library = libraryOf(file, byName)
      if (library !== undefined && module?.loaded) patch(library, file, module.exports, callSites)
    }
    onModuleLoad((request, resolve, exports) => {
      const library = byName.get(request) ?? (request.includes('node_modules') ? libraryOf(request, byName) : undefined)
      if (library !== undefined) patch(library, resolve(), exports, callSites)
    })
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

function libraryOf(file: string, byName: ReadonlyMap<string, ScopeLibrary>): ScopeLibrary | undefined {
  const parts = file.split(sep)
  return byName.get(parts[parts.lastIndexOf('node_modules') + 1] ?? '')
}
