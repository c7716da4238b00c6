import { state } from './state.ts'

/** A method of a driver. */
export type Method = (this: unknown, ...args: unknown[]) => unknown

const ORIGINAL = Symbol.for('nonplus.original')

/** A wrapper made by {@link wrapMethod}, while it is on. */
export interface Wrapping {
  /** False once it was undone: a wrapper that somebody else wrapped cannot be taken out, but it can stand aside. */
  isActive: boolean
}

/** A method as other instrumentation marks those it has wrapped, by the convention that shimmer began. */
interface ShimmedMethod extends Method {
  [ORIGINAL]?: Method
  __wrapped?: boolean
  __original?: Method
  __unwrap?: () => void
}

/**
 * Replaces a method by a wrapper of the same name and length, once: a second call on a wrapped method does nothing, even
 * where somebody else has wrapped our wrapper since.
 *
 * @param make gets the original and returns the wrapper; the wrapper must check `wrapping.isActive` first.
 * @param owner for an object that was made by a wrapped method, and must not be kept alive for an undo of its own: its
 *   wrapper stands aside together with that one.
 * @returns the undo, which puts the original back where nobody has wrapped the wrapper since.
 */
export function wrapMethod(
  target: object,
  name: string,
  make: (original: Method, wrapping: Wrapping) => Method,
  owner?: Wrapping,
): () => void {
  const methods = target as Record<string, ShimmedMethod>
  const original = methods[name]
  const wrappedNames = namesWrappedOn(target)
  if (typeof original !== 'function' || original[ORIGINAL] !== undefined || wrappedNames.has(name)) return () => {}
  const descriptor = Object.getOwnPropertyDescriptor(target, name)
  const enumerable = descriptor?.enumerable ?? false
  const wrapping: Wrapping = owner ?? { isActive: true }
  const wrapper: ShimmedMethod = make(original, wrapping)
  Object.defineProperty(wrapper, 'name', { value: original.name, configurable: true })
  Object.defineProperty(wrapper, 'length', { value: original.length, configurable: true })
  wrapper[ORIGINAL] = original
  Object.defineProperty(target, name, { value: wrapper, configurable: true, writable: true, enumerable })
  wrappedNames.add(name)
  if (owner !== undefined) return () => {}
  const undo = (): void => {
    if (!wrapping.isActive) return
    wrapping.isActive = false
    wrappedNames.delete(name)
    state.undos.delete(undo)
    if (methods[name] !== wrapper) return
    if (descriptor === undefined) delete methods[name]
    else Object.defineProperty(target, name, descriptor)
  }
  state.undos.add(undo)
  if (original.__wrapped === true) {
    const takeOut = (): void => {
      if (methods[name] !== wrapper) return
      undo()
      original.__unwrap?.()
      wrapMethod(target, name, make)
    }
    markAsWrapped(wrapper, original, takeOut)
  }
  return undo
}

/** True while a method of `target` is wrapped: cheap enough to ask at every call, where a class is met only in use. */
export function isWrapped(target: object, name: string): boolean {
  return state.wrapped.get(target)?.has(name) ?? false
}

/** What our wrapper of a method stands before; the method itself where it is none. */
export function originalOf(method: unknown): unknown {
  return (method as ShimmedMethod | null | undefined)?.[ORIGINAL] ?? method
}

/** True for a method that carries the marks of {@link ShimmedMethod}, above our wrapper or below it. */
export function isWrappedByOthers(method: unknown): boolean {
  return (method as ShimmedMethod | undefined)?.__wrapped === true
}

/** The object in the prototype chain from `start` up that has a method itself, or undefined. */
export function ownerOf(start: unknown, name: string): object | undefined {
  let owner = start as object | null | undefined
  while (owner !== null && owner !== undefined && !Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner)
  return owner ?? undefined
}

function namesWrappedOn(target: object): Set<string> {
  let names = state.wrapped.get(target)
  if (names === undefined) {
    names = new Set()
    state.wrapped.set(target, names)
  }
  return names
}

/**
 * OpenTelemetry wraps a method wherever it meets the module, and first takes its own wrapper out if it finds it marked.
 * Below ours it would not find it, and every span would be doubled: so ours carries the marks of the one below, and takes
 * that one out when it is asked to.
 */
function markAsWrapped(wrapper: ShimmedMethod, below: ShimmedMethod, takeOut: () => void): void {
  const marks = { __wrapped: true, __original: below.__original, __unwrap: takeOut }
  for (const [key, value] of Object.entries(marks)) {
    Object.defineProperty(wrapper, key, { value, configurable: true, writable: true, enumerable: false })
  }
}

/** Takes every hook out again. Drivers that are loaded afterwards are hooked only after a new start. */
export function unpatchAll(): void {
  for (const undo of [...state.undos]) undo()
  state.drivers.clear()
  state.unpatchings++
}
