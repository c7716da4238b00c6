/** True for what a driver takes values out of by their names: an object that is neither a list nor a value itself. */
export function isNamedValues(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) return false
  return !(value instanceof Date || value instanceof RegExp || value instanceof ArrayBuffer)
}
