import { loadedModules } from './loaded-modules.ts'
import { onModuleLoad } from './loader.ts'
import { onceInProcess } from './state.ts'

/**
 * Gives `hook` the exports of each module of a library, of those that are loaded already and of those to come.
 *
 * @param library name of its package, or its scope.
 * @param part tells by a request or a path whether a module may be meant; asked at every load, so it must be cheap.
 * @param hook must be harmless for anything else, and when called again.
 */
export function hookParts(library: string, part: (request: string) => boolean, hook: (exports: unknown) => void): void {
  onceInProcess(library, () => {
    for (const [file, module] of Object.entries(loadedModules())) {
      if (part(file) && isWithin(library, file)) hook(module?.exports)
    }
    onModuleLoad((request, resolve, exports) => {
      if (part(request) && isWithin(library, resolve())) hook(exports)
    })
    return true
  })
}

/** Others have files of the same names. */
function isWithin(library: string, file: string): boolean {
  return file.replaceAll('\\', '/').includes(`/node_modules/${library}`)
}
