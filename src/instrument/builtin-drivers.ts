import { channel } from 'node:diagnostics_channel'
import { instrumentations } from './index.ts'
import { instrumentExports } from './instrument.ts'
import { wrapMethod } from './patch.ts'
import { onceInProcess, reportFailure, state } from './state.ts'

const builtinNames = instrumentations.map(({ module }) => module).filter((name) => name.startsWith('node:'))

interface ProcessInternals {
  /** What Node has loaded of itself: `NativeModule sqlite`. */
  readonly moduleLoadList?: readonly string[]
  getBuiltinModule?(name: string): unknown
}

const internals = process as unknown as ProcessInternals

/** Names of the drivers built into Node that the program has loaded. */
export function loadedBuiltins(): string[] {
  const loaded = internals.moduleLoadList ?? []
  return builtinNames.filter((name) => loaded.includes(`NativeModule ${name.slice('node:'.length)}`))
}

let seenCount = 0

function hookLoadedBuiltins(): void {
  const count = internals.moduleLoadList?.length ?? 0
  if (count === seenCount) return
  seenCount = count
  hookBuiltins()
}

function hookBuiltins(): void {
  for (const name of loadedBuiltins()) {
    try {
      instrumentExports(internals.getBuiltinModule?.(name), name)
    } catch (error) {
      reportFailure(`hooking ${name}`, error)
    }
  }
}

/**
 * Hooks drivers that are built into Node once the program has loaded them; loading them ahead would print a warning
 * where the program never does. `require` of them passes through `Module._load`, but nothing sees a static `import`: so
 * the list of what Node has loaded is looked at when a scope opens, which costs nothing while it has not grown, and after
 * an `import()`, which may be inside of one.
 */
export function watchBuiltins(): void {
  hookBuiltins()
  onceInProcess('builtin drivers', () => {
    state.onScopeOpening = hookLoadedBuiltins
    channel('tracing:module.import:asyncStart').subscribe(hookLoadedBuiltins)
    return true
  })
  if (typeof internals.getBuiltinModule !== 'function') return
  wrapMethod(process, 'getBuiltinModule', (original, wrapping) => {
    return function (this: unknown, ...args: unknown[]): unknown {
      const exports = Reflect.apply(original, this, args)
      if (wrapping.isActive && builtinNames.includes(String(args[0]))) instrumentExports(exports, String(args[0]))
      return exports
    }
  })
}
