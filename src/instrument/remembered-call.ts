import { type CapturedCallSite, type RawFrame, withConcurrent } from './call-site.ts'
import { Operation } from './operation.ts'
import { wrapMethod } from './patch.ts'
import { filingScope, type Scope } from './scope.ts'
import { state } from './state.ts'

/** A call of the application whose line its statements take, where their own stack leads nowhere or further out. */
class RememberedCall extends Operation {
  readonly scope: Scope

  constructor(below: (...args: never[]) => unknown, orm: string, scope: Scope) {
    super(below, false, orm)
    this.scope = scope
  }

  /**
   * Where the promise was returned, the stack of the statement leads to whoever awaits it, further out: the frames in
   * between are known here. A statement of the application's own, in a hook of the ORM, keeps its line.
   */
  override deepen(own: CapturedCallSite): CapturedCallSite {
    const known = this.callSite?.frames ?? []
    const [called] = known
    if (called === undefined || own.frames.some((frame) => frame.line === called.line && isSameFunction(frame, called)))
      return own
    const [inner] = own.frames
    const leadsHere = inner !== undefined && known.some((frame) => isSameFunction(frame, inner))
    return leadsHere ? withConcurrent(this.callSite as CapturedCallSite, own.concurrent) : own
  }
}

function isSameFunction(one: RawFrame, other: RawFrame): boolean {
  return one.file === other.file && one.function === other.function
}

/**
 * Remembers where methods of an ORM are called. The ORM awaits inside, so the stack of its statements leads back to the
 * application through the promise that it awaits; but a resolver or a controller that returns that promise awaits
 * nothing. Of calls within a call only the outermost is remembered. Whatever is called or returned stays as it is.
 *
 * @param target see `wrapMethod`.
 * @param names methods that may be missing: versions differ.
 */
export function rememberCalls(target: object, names: readonly string[], orm: string): void {
  for (const name of names) {
    wrapMethod(target, name, (original, wrapping) => {
      return function remembered(this: unknown, ...args: unknown[]): unknown {
        const call = wrapping.isActive ? rememberedCall(remembered, orm) : undefined
        if (call === undefined) return Reflect.apply(original, this, args)
        return state.operations.run(call, () => Reflect.apply(original, this, args))
      }
    })
  }
}

/** @returns undefined where it is known already, or nobody wants it. */
function rememberedCall(below: (...args: never[]) => unknown, orm: string): RememberedCall | undefined {
  const scope = filingScope()
  if (scope === undefined || scope.isClosed || scope.ignoreReason !== undefined || !isWanted(scope)) return undefined
  const around = state.operations.getStore()
  if (around instanceof RememberedCall && around.orm === orm && around.scope === scope) return undefined
  const call = new RememberedCall(below, orm, scope)
  return call.callSite === undefined ? undefined : call
}

/** Most stacks are found at the statement: with `repeated` only a program that has lost one pays for the calls. */
function isWanted({ callSites }: Scope): boolean {
  return callSites === 'all' || (callSites === 'repeated' && state.counters.lostCallSites > 0)
}
