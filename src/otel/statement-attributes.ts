import type { Attributes } from '@opentelemetry/api'
import type { DriverInfo, ServerAddress, StatementMessage } from '../instrument/message.ts'
import type { Dialect, Statement } from '../model/statement.ts'
import { readingOf, shapeOf } from '../text-reading.ts'

/** A text that is longer is cut: what a generator wrote is not read by anybody, and kept until it is exported. */
const LONGEST_TEXT = 10_000

export const SYSTEMS: Readonly<Record<Dialect, string>> = {
  postgresql: 'postgresql',
  mysql: 'mysql',
  sqlite: 'sqlite',
  mssql: 'microsoft.sql_server',
  oracle: 'oracle.db',
}

/** What is known of a statement when it starts. */
export interface StatementDescription {
  /** `db.query.summary`, else the system. */
  readonly name: string
  /** By the conventions for database spans; must not be changed. */
  readonly attributes: Attributes
  /** The part of {@link attributes} that has few values: everything but the text. */
  readonly dimensions: Attributes
}

interface Described extends StatementDescription {
  readonly text: string
  readonly driver: DriverInfo
  readonly address: ServerAddress | undefined
  readonly batchSize: number
}

/** Most statements have one text and one server, and are sent again and again. */
const described = new WeakMap<Statement, Described>()

/** Describes a statement by the stable conventions for databases; literals are replaced, and no value is told. */
export function describeStatement(message: StatementMessage): StatementDescription {
  const { driver, text, batchSize } = message
  const statement = shapeOf(message)
  const address = addressOf(driver, message.through)
  const known = described.get(statement)
  if (
    known !== undefined &&
    known.text === text &&
    known.driver === driver &&
    known.address === address &&
    known.batchSize === batchSize
  ) {
    return known
  }
  const dimensions = dimensionsOf(statement, driver, address, batchSize)
  const attributes: Attributes = { ...dimensions }
  if (text !== '') attributes['db.query.text'] = cut(readingOf(statement, text, driver.dialect).redacted)
  if (batchSize > 1) attributes['db.operation.batch.size'] = batchSize
  const name = String(dimensions['db.query.summary'] ?? dimensions['db.system.name'])
  const description = { name, attributes, dimensions, text, driver, address, batchSize }
  described.set(statement, description)
  return description
}

function dimensionsOf(
  statement: Statement,
  driver: DriverInfo,
  address: ServerAddress | undefined,
  batchSize: number,
): Attributes {
  const { operation, collection, procedure } = targetOf(statement)
  const { summary } = statement
  const prefix = batchSize > 1 ? 'BATCH ' : ''
  return {
    'db.system.name': driver.name === 'mariadb' ? 'mariadb' : SYSTEMS[driver.dialect],
    ...(summary === '' ? {} : { 'db.query.summary': prefix + summary }),
    ...(operation === undefined ? {} : { 'db.operation.name': prefix + operation }),
    ...(collection === undefined ? {} : { 'db.collection.name': collection }),
    ...(procedure === undefined ? {} : { 'db.stored_procedure.name': procedure }),
    ...(address?.database === undefined ? {} : { 'db.namespace': address.database }),
    ...(address?.host === undefined ? {} : { 'server.address': address.host }),
    ...(address?.host === undefined || address.port === undefined ? {} : { 'server.port': address.port }),
  }
}

interface Target {
  readonly operation?: string
  readonly collection?: string
  readonly procedure?: string
}

/**
 * Operation and table of a statement that has one of each, by its summary; of any other the summary says it all. They are
 * read by a parser, which knows when there is a second one: the reason why the conventions advise against reading them.
 */
export function targetOf({ summary, tables, kind }: Statement): Target {
  const [first = '', ...rest] = summary.split(' ')
  if (summary === '' || summary.includes(';')) return {}
  if (rest.length === 0) return { operation: first }
  if (kind === 'call') return { operation: first, procedure: rest.join(' ') }
  const [table] = tables
  if (table === undefined || tables.length > 1 || !summary.toLowerCase().endsWith(` ${table.toLowerCase()}`)) return {}
  const operation = summary.slice(0, -table.length - 1)
  // `SELECT SELECT t` is a query in a query; `DROP TABLE t` is one operation
  if (operation.includes(' ') && kind !== 'ddl') return {}
  return { operation, collection: summary.slice(-table.length) }
}

function cut(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text
}

const addresses = new WeakMap<object, ServerAddress>()

/** Where statements go that are sent through this; read once per object. */
export function addressOf(driver: DriverInfo, through: object | undefined): ServerAddress | undefined {
  if (through === undefined || driver.addressOf === undefined) return undefined
  let known = addresses.get(through)
  if (known === undefined) {
    known = driver.addressOf(through)
    if (known !== undefined) addresses.set(through, known)
  }
  return known
}
