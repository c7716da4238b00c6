/**
 * Bound values as `all(1, 2)`, `all([1, 2])`, `all({ id: 1 })` and mixtures give them: those by position first, then
 * the objects that hold values by name.
 */
export function sqliteParametersOf(args: readonly unknown[]): readonly unknown[] {
  if (args.every(isScalar)) return args
  const values = args.flat()
  return [...values.filter(isScalar), ...values.filter((value) => !isScalar(value))]
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || isOther(value)
}

function isOther(value: object): boolean {
  return value instanceof Date || value instanceof ArrayBuffer || value instanceof RegExp
}
