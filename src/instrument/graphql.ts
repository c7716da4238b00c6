import { tracingChannel } from 'node:diagnostics_channel'
import { dirname, join, sep } from 'node:path'
import { type FieldPath, noteOperation } from './graphql-field.ts'
import { loadedModules } from './instrument.ts'
import { onModuleLoad } from './loader.ts'
import { wrapMethod } from './patch.ts'
import { isPlainPromise, isThenable } from './scope.ts'
import { onceInProcess, reportFailure, state } from './state.ts'

/** What an executor hands to a resolver, as far as it is read here. */
interface ResolveInfo {
  readonly fieldName: string
  readonly path: FieldPath
  readonly operation: { readonly operation: string; readonly name?: { readonly value: string } }
}

type Resolver = (this: unknown, source: unknown, args: unknown, context: unknown, info: ResolveInfo) => unknown

interface Field {
  resolve?: Resolver
}

interface Schema {
  getTypeMap(): Record<string, { readonly name: string; getFields?(): Record<string, Field> }>
}

interface GraphQL {
  readonly GraphQLSchema: { readonly prototype: Schema & { getRootType(operation: string): unknown } }
  readonly versionInfo: { readonly major: number }
  readonly defaultFieldResolver: Resolver
}

/**
 * Makes resolvers of graphql-js tell which field they are about, whoever executes them: graphql-js itself, Apollo Server,
 * Mercurius, or the executor of Yoga. They share the classes of the schema, so these are where it is hooked: each
 * resolver is wrapped once per schema, when an operation asks for the root type. From version 17 on graphql-js publishes
 * each resolver on a channel of its own, and nothing is wrapped.
 */
export function hookGraphql(): void {
  onceInProcess('graphql', () => {
    for (const [file, module] of Object.entries(loadedModules())) {
      if (module?.loaded && isEntry(file)) hookExports(module.exports, file)
    }
    const stops = [
      onModuleLoad((request, resolve, exports) => {
        if (request === 'graphql' || isEntry(request)) hookExports(exports, resolve())
      }),
      listen(),
    ]
    const undo = (): void => {
      for (const stop of stops) stop()
      state.undos.delete(undo)
      state.services.delete('graphql')
    }
    state.undos.add(undo)
    return true
  })
}

function isEntry(file: string): boolean {
  return file.endsWith(`${sep}graphql${sep}index.js`)
}

function hookExports(exports: unknown, file: string): void {
  const graphql = exports as Partial<GraphQL> | null
  const prototype = graphql?.GraphQLSchema?.prototype
  if (typeof prototype?.getRootType !== 'function' || graphql?.versionInfo?.major !== 16) return
  const fallback = graphql.defaultFieldResolver as Resolver
  wrapMethod(prototype, 'getRootType', (original, wrapping) => {
    const done = new WeakSet<object>()
    return function getRootType(this: unknown, ...args) {
      if (wrapping.isActive && !done.has(this as object)) {
        done.add(this as object)
        wrapResolvers(this as Schema, fallback)
      }
      return Reflect.apply(original, this, args)
    }
  })
  const execution = loadedModules()[join(dirname(file), 'execution', 'execute.js')]?.exports
  if (execution !== undefined) wrapExecute(execution as object, fallback)
}

function wrapResolvers(schema: Schema, fallback: Resolver): void {
  try {
    for (const type of Object.values(schema.getTypeMap())) {
      if (type.name.startsWith('__') || typeof type.getFields !== 'function') continue
      for (const field of Object.values(type.getFields())) {
        if (typeof field.resolve === 'function' && field.resolve !== fallback) field.resolve = wrapperOf(field.resolve)
      }
    }
  } catch (error) {
    reportFailure('graphql schema', error)
  }
}

const wrappers = new WeakMap<Resolver, Resolver>()
const ours = new WeakSet<Resolver>()

/** Wrappers are copied from schema to schema, and resolvers shared by fields: one wrapper each. */
function wrapperOf(original: Resolver): Resolver {
  if (ours.has(original)) return original
  let wrapper = wrappers.get(original)
  if (wrapper === undefined) {
    wrapper = watch(original)
    Object.defineProperty(wrapper, 'name', { value: original.name, configurable: true })
    Object.defineProperty(wrapper, 'length', { value: original.length, configurable: true })
    wrappers.set(original, wrapper)
    ours.add(wrapper)
  }
  return wrapper
}

/**
 * Fields without a resolver: mostly plain properties, which are left alone, but methods and getters send statements
 * too (root values, entities with lazy relations). They are reached by the one resolver that `execute` uses for all.
 */
function wrapExecute(exports: object, fallback: Resolver): void {
  wrapMethod(exports, 'execute', (original, wrapping) => {
    return function execute(this: unknown, ...args) {
      const [given, ...rest] = args as [{ fieldResolver?: Resolver | null } | undefined, ...unknown[]]
      if (!wrapping.isActive || typeof given !== 'object' || given === null || state.storage.getStore() === undefined) {
        return Reflect.apply(original, this, args)
      }
      const fieldResolver = defaultWrapperOf(given.fieldResolver ?? fallback, fallback)
      return Reflect.apply(original, this, [{ ...given, fieldResolver }, ...rest])
    }
  })
}

const defaultWrappers = new WeakMap<Resolver, Resolver>()

function defaultWrapperOf(original: Resolver, fallback: Resolver): Resolver {
  let wrapper = defaultWrappers.get(original)
  if (wrapper === undefined) {
    const watched = watch(original, Number.POSITIVE_INFINITY)
    wrapper = function resolve(source, args, context, info) {
      const isPlain = original === fallback && isPlainProperty(source, info)
      return (isPlain ? original : watched).call(this, source, args, context, info)
    }
    defaultWrappers.set(original, wrapper)
  }
  return wrapper
}

function isPlainProperty(source: unknown, info: ResolveInfo): boolean {
  if (typeof source !== 'object' || source === null) return false
  const descriptor = Object.getOwnPropertyDescriptor(source, info.fieldName)
  return descriptor !== undefined && descriptor.get === undefined && typeof descriptor.value !== 'function'
}

/** Calls without a promise after which a resolver is taken for a synchronous one. */
const SYNC_AFTER = 16

/**
 * Most resolvers compute something and send nothing, and an async context costs up to half a microsecond per field. So
 * one that has never given a promise is given the field for the length of its call only. Should it give one after all,
 * what it goes on to send that once has no field.
 */
function watch(original: Resolver, syncAfter: number = SYNC_AFTER): Resolver {
  let calls = 0
  return function resolve(source, args, context, info) {
    if (!isWatched(info)) return original.call(this, source, args, context, info)
    const { path, operation } = info
    if (path.prev === undefined) noteOperation(operation.operation, operation.name?.value)
    const isSync = calls >= syncAfter
    const result = isSync
      ? runSync(original, this, source, args, context, info)
      : state.fields.run(path, run, original, this, source, args, context, info)
    if (!isThenable(result)) {
      calls++
      return result
    }
    calls = Number.NEGATIVE_INFINITY
    // a query builder is sent by being awaited, which must happen in here; the executor asks for no more than a `then`
    return isPlainPromise(result) ? result : state.fields.run(path, settle, result)
  }
}

function isWatched(info: ResolveInfo | undefined): boolean {
  const scope = state.storage.getStore()
  return scope !== undefined && !scope.isClosed && scope.ignoreReason === undefined && info?.path !== undefined
}

type Call = [original: Resolver, self: unknown, source: unknown, args: unknown, context: unknown, info: ResolveInfo]

function run(...[original, self, source, args, context, info]: Call): unknown {
  return original.call(self, source, args, context, info)
}

function runSync(...[original, self, source, args, context, info]: Call): unknown {
  const outer = state.field
  state.field = info.path
  try {
    return original.call(self, source, args, context, info)
  } finally {
    state.field = outer
  }
}

async function settle(thenable: PromiseLike<unknown>): Promise<unknown> {
  return await thenable
}

/** What graphql-js publishes from version 17 on. */
interface ResolveContext {
  readonly parentType: string
  /** `posts.0.author`; made when it is read. */
  readonly fieldPath: string
}

interface ExecuteContext {
  readonly operationName?: string
  readonly operationType?: string
}

/** The chain of a field that is told as a text, read when it is asked for. */
class PublishedPath implements FieldPath {
  readonly prev = undefined
  readonly typename: string
  readonly #context: ResolveContext

  constructor(context: ResolveContext, typename: string) {
    this.#context = context
    this.typename = typename
  }

  get key(): string {
    return this.#context.fieldPath.replaceAll(/\.\d+(?=\.|$)/g, '[]')
  }
}

const rootTypes: Readonly<Record<string, string>> = {
  query: 'Query',
  mutation: 'Mutation',
  subscription: 'Subscription',
}

function listen(): () => void {
  const execute = tracingChannel('graphql:execute')
  const resolve = tracingChannel('graphql:resolve')
  const onExecute = (message: unknown): void => {
    const { operationName, operationType } = message as ExecuteContext
    if (operationType !== undefined) noteOperation(operationType, operationName)
  }
  execute.start.subscribe(onExecute)
  resolve.start.bindStore(state.fields, (message) => {
    const type = state.storage.getStore()?.attributes['graphql.operation.type']
    return new PublishedPath(message as ResolveContext, rootTypes[String(type)] ?? '')
  })
  return () => {
    execute.start.unsubscribe(onExecute)
    resolve.start.unbindStore(state.fields)
  }
}
