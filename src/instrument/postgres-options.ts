import { state } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: postgres.js's own objects
type Any = any

/** Options of an instance of postgres.js, as it has parsed them. */
export type PostgresOptions = Readonly<Record<string, Any>>

/** Class of the parts of a query that are built with the options at hand, by the class of the queries that take it. */
const builders = new WeakMap<object, Any>()

/** Options by what is known of a query: what hands it to a connection, and the connection it got. */
const known = new WeakMap<object, PostgresOptions>()

let lastQueryClass: object | undefined

/** Remembers the classes of a copy of the driver, whose files may be met one by one: queries first. */
export function notePostgresClasses(Query: object | undefined, Builder: unknown): void {
  if (Query !== undefined) lastQueryClass = Query
  const queries = Query ?? lastQueryClass
  if (queries !== undefined && Builder !== undefined) builders.set(queries, Builder)
}

/** Where the instance of a query connects to; undefined while that is not known. */
export function optionsOfQuery({ handler, state: connection }: Any): PostgresOptions | undefined {
  const options = known.get(handler) ?? (connection ? known.get(connection) : undefined)
  if (options !== undefined && connection) known.set(connection, options)
  return options
}

/**
 * Learns where the instance of a query connects to. No query has the options, but a part of it gets them while its text is
 * built: so one that stands for nothing is put behind the others, once per instance, and taken away again.
 *
 * @param query that is about to be handed to a connection.
 * @returns what takes it away; to be called when the query is built, or has failed.
 */
export function askForOptions(query: Any): () => void {
  const Builder = builders.get(query.constructor)
  // for connections of our own, and for the spans of a tracer
  const isWanted = state.wantsAsides || state.contexts !== undefined
  if (!isWanted || Builder === undefined || known.has(query.handler) || query.strings === undefined) return () => {}
  const { strings, args, handler } = query
  const probe = Object.create(Builder.prototype)
  Object.defineProperty(probe, 'build', {
    value: (_before: unknown, _parameters: unknown, _types: unknown, options: PostgresOptions) => {
      known.set(handler, options)
      return ''
    },
  })
  query.strings = Object.assign([...strings, ''], { raw: strings.raw })
  query.args = query.tagged === true ? [...args, probe] : withFirst(probe, args)
  return () => {
    query.strings = strings
    query.args = args
  }
}

/** The values of a text, which are bound one by one, behind a part that is built. */
function withFirst(probe: object, args: readonly unknown[]): object {
  return {
    0: probe,
    length: args.length,
    forEach: (fn: (value: unknown) => void) => args.forEach((value) => void fn(value)),
  }
}
