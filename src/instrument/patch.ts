import { state } from './state.ts'

type Method = (this: unknown, ...args: unknown[]) => unknown

const ORIGINAL = Symbol.for('nonplus.original')

/** A wrapper made by {@link wrapMethod}, while it is on. */
export interface Wrapping {
  /** False once it was undone: a wrapper that somebody else wrapped cannot be taken out, but it can stand aside. */
  isActive: boolean
}

/**
 * Replaces a method by a wrapper of the same name and length, once: a second call on a wrapped method does nothing.
 *
 * @param make gets the original and returns the wrapper; the wrapper must check `wrapping.isActive` first.
 * @returns the undo, which puts the original back where nobody has wrapped the wrapper since.
 */
export function wrapMethod(
  target: object,
  name: string,
  make: (original: Method, wrapping: Wrapping) => Method,
): () => void {
  const methods = target as Record<string, Method & { [ORIGINAL]?: Method }>
  const original = methods[name]
  if (typeof original !== 'function' || original[ORIGINAL] !== undefined) return () => {}
  const descriptor = Object.getOwnPropertyDescriptor(target, name)
  const enumerable = descriptor?.enumerable ?? false
  const wrapping: Wrapping = { isActive: true }
  const wrapper: Method & { [ORIGINAL]?: Method } = make(original, wrapping)
  Object.defineProperty(wrapper, 'name', { value: original.name, configurable: true })
  Object.defineProperty(wrapper, 'length', { value: original.length, configurable: true })
  wrapper[ORIGINAL] = original
  Object.defineProperty(target, name, { value: wrapper, configurable: true, writable: true, enumerable })
  const undo = (): void => {
    wrapping.isActive = false
    state.undos.delete(undo)
    if (methods[name] !== wrapper) return
    if (descriptor === undefined) delete methods[name]
    else Object.defineProperty(target, name, descriptor)
  }
  state.undos.add(undo)
  return undo
}

/** Takes every hook out again. Drivers that are loaded afterwards are hooked only after a new start. */
export function unpatchAll(): void {
  for (const undo of [...state.undos]) undo()
  state.drivers.clear()
}
