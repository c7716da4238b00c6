import type { StatementMessage } from './instrument/message.ts'

/** Values above this are not kept for explaining; characters and bytes. */
const MAX_VALUES_SIZE = 1_000_000

/**
 * Class of the parameters of an execution: executions of one class are expected to have one plan. Told by the rows they
 * gave, by order of magnitude, and by which of them are NULL or lists, and how long those are.
 */
export function parameterClassOf(message: StatementMessage): string {
  const values = boundValuesOf(message)
  const kinds = values?.map(kindOf).join('') ?? ''
  return `${magnitudeOf(message.rows)}/${kinds}`
}

/** One set of values, where several were sent with the text. */
export function boundValuesOf({ parameters, batchSize }: StatementMessage): readonly unknown[] | undefined {
  if (batchSize === 0 || parameters === undefined) return parameters
  const [first] = parameters
  return Array.isArray(first) ? first : parameters
}

/** What an application may change later, as it is now; undefined where it is too much to keep. */
export function copyValues(values: readonly unknown[] | undefined): readonly unknown[] | undefined {
  if (values === undefined) return undefined
  return sizeOf(values) > MAX_VALUES_SIZE ? undefined : values.map(copyOf)
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'n'
  return Array.isArray(value) ? `l${magnitudeOf(value.length)}` : 'v'
}

/** 0, 1 to 9, 10 to 99, ….  */
function magnitudeOf(count: number): number {
  return count <= 0 ? 0 : Math.floor(Math.log10(count)) + 1
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (ArrayBuffer.isView(value)) return value.byteLength
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + sizeOf(one), 0)
  return 16
}

function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf)
  if (Buffer.isBuffer(value)) return Buffer.from(value)
  if (value instanceof Date) return new Date(value.getTime())
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, copyOf(one)]))
}
