import type { Scope } from './scope.ts'
import { state } from './state.ts'

/** Where in an operation a resolver stands: the chain that graphql-js itself makes, innermost first. Never copied. */
export interface FieldPath {
  readonly prev: FieldPath | undefined
  /** Response name, or index in a list. */
  readonly key: string | number
  /** Type the field belongs to; absent in lists. */
  readonly typename: string | undefined
}

/** Name of a field, the same for every element of a list: `Query.posts[].author`. */
export function fieldNameOf(path: FieldPath): string {
  let name = ''
  for (let step: FieldPath | undefined = path; step !== undefined; step = step.prev) {
    name = typeof step.key === 'number' ? `[]${name}` : `.${step.key}${name}`
    if (step.prev === undefined) name = `${step.typename ?? ''}${name}`
  }
  return name
}

/** What a document asks for, as far as it names a unit of work. */
interface Operation {
  readonly type: string
  /** Absent where the document gives none. */
  readonly name: string | undefined
}

const operationsByScope = new WeakMap<Scope, Operation[]>()

/** Clients write the names: past this many, those not seen before name no scope. */
const MAX_NAMES = 200
const names = new Set<string>()

/** Notes what the current scope executes; cheap when it is the same again. */
export function noteOperation(type: string, name: string | undefined): void {
  const scope = state.storage.getStore()
  if (scope === undefined || scope.isClosed || scope.ignoreReason !== undefined) return
  const known = operationsByScope.get(scope)
  if (known === undefined) {
    operationsByScope.set(scope, [{ type, name }])
    scope.attributes['graphql.operation.type'] = type
    if (name !== undefined) scope.attributes['graphql.operation.name'] = name
  } else if (!known.some((one) => one.type === type && one.name === name)) {
    known.push({ type, name })
  }
}

/** `query PostsWithAuthors`: what a scope is about, where it executed one operation and that has a name. */
export function operationNameOf(scope: Scope): string | undefined {
  const [first, ...others] = operationsByScope.get(scope) ?? []
  if (first?.name === undefined || others.length > 0) return undefined
  const text = `${first.type} ${first.name}`
  if (!names.has(text)) {
    if (names.size >= MAX_NAMES) return undefined
    names.add(text)
  }
  return text
}
