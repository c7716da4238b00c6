import type { Refusal } from '../model/plan.ts'

/** Reasons for which a statement is not explained, or not executed; each with what to do about it. Stable. */
export const refusals = {
  'data-definition': 'It changes the schema or makes a table, which no plan shows; nothing is to be done.',
  'several-statements': 'The text holds several statements: explain them one by one.',
  'transaction-control': 'It begins or ends a transaction, which has no plan; nothing is to be done.',
  copy: 'COPY and LOAD DATA have no plan: explain the SELECT inside.',
  'not-explainable':
    'The server has no plan for it, or nonplus cannot read its text with certainty: explain it by hand, if it is safe.',
  'calls-volatile-function':
    'It reaches a function that may write, wait or lock while it is planned or executed: declare the function IMMUTABLE or STABLE if it only reads, or explain it by hand.',
  'reads-foreign-table': 'It reads a table of another server, which planning would ask: explain it there.',
  'locks-rows': 'It locks rows, and so would its plan: explain it without the lock, or leave out what is to be locked.',
  'unknown-table':
    'A table, column or schema is not there for this connection: temporary and uncommitted ones are seen by the application alone; else check search_path, database and user.',
  'no-privilege': 'The user may not read what the statement reads: explain as the user of the application.',
  timeout: 'Planning or executing took longer than it may: raise the timeout, or explain it by hand.',
  'lock-timeout': 'Somebody else holds a lock on one of its tables: try again when they are done.',
  'unknown-parameters': 'Its values are not known: give as many as it has placeholders.',
  'untypable-parameters': 'The server cannot tell the type of a parameter: write a cast, as $1::text.',
  'session-unknown':
    'The state of its connection cannot be repeated: only plain SET, USE and set_config with literals are.',
  'connection-failed': 'The connection for EXPLAIN failed: see that the server is up and takes one connection more.',
  'transaction-open':
    'The database has one connection, and the application had a transaction open on it for too long: explain it by hand.',
  'driver-unsupported': 'nonplus cannot open a connection of its own with this driver: use nonplus explain with a URL.',
  'analyze-too-expensive': 'It was planned only: its estimated cost is above what may be executed.',
  'analyze-writes': 'It was planned only: it changes rows, and executing it would change them.',
  'analyze-unsupported': 'It was planned only: this server cannot execute it for its plan.',
  'rate-limited': 'More statements came than are explained in one process: explain this one by hand.',
  'process-ended': 'The process ended before it was its turn: let the process end by itself, or explain it by hand.',
  'catalog-unavailable': 'The plan is there, but the catalog could not be read: grant the user what the catalog wants.',
  'advice-unavailable': 'The plan is there, but looking for indexes failed: the finding stands without an index.',
  'plan-unreadable': 'The server answered with a plan that nonplus cannot read: report its version and the plan.',
} as const

/** Code of a refusal. */
export type RefusalCode = keyof typeof refusals

/**
 * A refusal with its sentence.
 *
 * @param detail what it was in this case, without values: `pg_sleep`, `SQLSTATE 42703`.
 */
export function refuse(code: RefusalCode, detail?: string): Refusal {
  const sentence = refusals[code]
  return { code, message: detail === undefined ? sentence : `${detail}: ${lowerFirst(sentence)}` }
}

function lowerFirst(sentence: string): string {
  return /^[A-Z][a-z ]/.test(sentence) ? sentence.charAt(0).toLowerCase() + sentence.slice(1) : sentence
}

/** Thrown inside, to end an explanation early; never reaches a caller. */
export class Refused extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.message)
    this.refusal = refusal
  }
}
