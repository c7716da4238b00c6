import type { Refusal } from '../model/plan.ts'
import type { SideConnection } from '../model/side-connection.ts'
import {
  harmfulStable,
  harmfulWords,
  harmlessInExtensions,
  harmlessVolatile,
  reachingExtensions,
  unwrittenOperators,
} from './postgres-functions.ts'
import {
  type FunctionFacts,
  objectsNamed,
  type RelationFacts,
  type UnnamedCall,
  unnamedCalls,
} from './postgres-objects.ts'
import { refuse } from './refusals.ts'
import { sqlWords } from './sql-words.ts'

/**
 * How far a text is evaluated. While a statement is planned, only calls of IMMUTABLE and STABLE functions are; whatever such
 * a function does is `executed`.
 */
type Depth = 'planned' | 'executed'

/** Rounds of looking up what the last one brought; nobody nests views so deep. */
const MOST_ROUNDS = 30

/**
 * Finds out whether planning a statement, or executing it, may reach anything that writes, waits, locks or leaves the
 * database.
 *
 * The names in the text are looked up in the catalog; what is found there has texts of its own (views, policies, defaults,
 * conditions, expressions of indexes, bodies of functions), whose names are looked up in turn. A name counts as everything
 * it may mean, so that more is reached than is called, and never less.
 *
 * @param mode `analyze`: the statement is to be executed.
 * @returns the reason to leave it; undefined where all of it only reads.
 */
export async function harmReached(
  connection: SideConnection,
  text: string,
  mode: 'plan' | 'analyze',
): Promise<Refusal | undefined> {
  const reach = new Reach(connection, mode)
  reach.enter(text, mode === 'analyze' ? 'executed' : 'planned')
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if (!(await reach.advance())) return reach.harm
    if (reach.harm !== undefined) return reach.harm
  }
  return refuse('not-explainable', 'views nested too deep')
}

interface Pending {
  readonly names: Set<string>
  readonly calls: Set<string>
  readonly dotted: Set<string>
}

class Reach {
  harm: Refusal | undefined
  readonly #connection: SideConnection
  readonly #mode: 'plan' | 'analyze'
  readonly #entered = new Set<string>()
  readonly #seen: Record<Depth, Pending> = { planned: pending(), executed: pending() }
  #next: Record<Depth, Pending> = { planned: pending(), executed: pending() }
  readonly #operators = new Set(unwrittenOperators)
  #unnamed: readonly UnnamedCall[] | undefined

  constructor(connection: SideConnection, mode: 'plan' | 'analyze') {
    this.#connection = connection
    this.#mode = mode
  }

  /** Takes the names of a text that is evaluated so far. */
  enter(text: string, depth: Depth): void {
    const key = `${depth} ${text}`
    if (this.#entered.has(key)) return
    this.#entered.add(key)
    const words = sqlWords(text, 'postgresql')
    for (const name of words.names) this.#add('names', name, depth)
    for (const name of words.calls) this.#add('calls', name, depth)
    for (const name of words.dotted) this.#add('dotted', name, depth)
    for (const operator of words.operators) this.#operators.add(operator)
  }

  #add(kind: keyof Pending, name: string, depth: Depth): void {
    if (this.#seen[depth][kind].has(name)) return
    this.#seen[depth][kind].add(name)
    this.#next[depth][kind].add(name)
  }

  /** Looks up what has come since; false where nothing has. */
  async advance(): Promise<boolean> {
    const now = this.#next
    this.#next = { planned: pending(), executed: pending() }
    let hasMore = false
    for (const depth of ['planned', 'executed'] as const) {
      if (Object.values(now[depth]).every(({ size }) => size === 0)) continue
      hasMore = true
      const { names, calls, dotted } = this.#seen[depth]
      // all names: one that was called by an earlier text may be in the schema that this one names
      const { functions, relations, types } = await objectsNamed(
        this.#connection,
        [...names],
        [...new Set([...calls, ...dotted])],
      )
      for (const facts of functions) if (calls.has(facts.name) || facts.takesRow) this.#judge(facts, depth)
      for (const facts of relations) this.#open(facts, depth)
      for (const type of types) this.enter(type, depth)
    }
    if (!hasMore) return false
    this.#unnamed ??= await unnamedCalls(this.#connection)
    for (const call of this.#unnamed) if (this.#isReached(call)) this.#judge(call, 'executed')
    return true
  }

  /** The planner tries operators on statistics, so these are executed while planning. */
  #isReached({ operator, operands }: UnnamedCall): boolean {
    const { planned, executed } = this.#seen
    const isSeen = (name: string): boolean => planned.names.has(name) || executed.names.has(name)
    // the name of an array's type begins with an underscore
    if (operands.some((name) => isSeen(name) || isSeen(name.replace(/^_/, '')))) return true
    return operands.length === 0 && (operator === '' || this.#operators.has(operator))
  }

  #open({ schema, name, isForeign, isRemote, texts }: RelationFacts, depth: Depth): void {
    const isRefused = isForeign && (isRemote || this.#mode === 'analyze')
    if (isRefused) this.harm ??= refuse('reads-foreign-table', `${schema}.${name}`)
    for (const text of texts) this.enter(text, depth)
  }

  #judge(facts: FunctionFacts, depth: Depth): void {
    const { body, types, isTrigger, kind, language, volatility, isBuiltin } = facts
    if (isTrigger || kind === 'p') return
    if (isBuiltin) {
      if (isHarmfulBuiltin(facts, depth)) this.#refuse(facts)
      return
    }
    if (depth === 'planned' && volatility === 'v') {
      // not evaluated; but the body of an SQL function may be put in its place, and parts of it are then
      if (language === 'sql') this.enter(body, 'planned')
      return
    }
    if (isHarmful(facts)) this.#refuse(facts)
    else {
      this.enter(body, 'executed')
      this.enter(types, 'executed')
    }
  }

  #refuse({ schema, name, isBuiltin }: FunctionFacts): void {
    this.harm ??= refuse('calls-volatile-function', isBuiltin ? name : `${schema}.${name}`)
  }
}

function isHarmfulBuiltin({ name, volatility }: FunctionFacts, depth: Depth): boolean {
  if (harmfulStable.has(name)) return volatility !== 'v' || depth === 'executed'
  return depth === 'executed' && volatility === 'v' && !harmlessVolatile.has(name)
}

/** Of a function of the user's own, or of an extension, that is executed; what it calls is judged apart. */
function isHarmful({ name, volatility, language, extension, body, kind }: FunctionFacts): boolean {
  if (extension !== null && reachingExtensions.has(extension)) return true
  if (volatility === 'v') return extension === null || !harmlessInExtensions.has(name)
  if (kind === 'a') return false
  if (language === 'c' || language === 'internal') return extension === null
  if (language !== 'sql' && language !== 'plpgsql') return true
  for (const word of sqlWords(body, 'postgresql').names) if (harmfulWords.has(word)) return true
  return false
}

function pending(): Pending {
  return { names: new Set(), calls: new Set(), dotted: new Set() }
}
