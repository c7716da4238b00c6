import type { Dialect } from '../model/statement.ts'
import type { Expression } from './sql-tree.ts'

/** Words that are no names without quotes, in one dialect or another. */
const RESERVED = new Set(
  `all analyse analyze and any array as asc asymmetric authorization between both by case cast check collate column
  constraint create cross current_date current_time current_timestamp current_user default deferrable delete desc distinct
  do else end except exists false fetch for foreign freeze from full grant group having ilike in index initially inner
  insert intersect interval into is isnull join key keys lateral leading left like limit localtime localtimestamp match
  natural not notnull null offset on only or order outer overlaps placing primary range rank references returning right
  row rows select session_user set similar some symmetric system table tablesample then to trailing true union unique
  update user using values variadic verbose when where window with`.split(/\s+/),
)

/** Those beside them that MySQL or MariaDB reserve, and that a column may well be called. */
const RESERVED_BY_MYSQL = new Set(
  `add alter before binary blob call cascade change char character condition continue cube cursor database databases dec
  decimal declare delayed describe div double drop dual each empty escaped exit explain float force function generated get
  groups hour_second if ignore index infile int integer interval iterate keys kill lag last_value lead leave limit lines
  linear load lock long loop match maxvalue mod modifies of optimize option optionally out outfile over partition period
  procedure purge read reads recursive regexp release rename repeat replace require resignal restrict return revoke rlike
  row_number schema schemas separator show signal spatial sql ssl starting stored straight_join system terminated
  trigger undo unlock unsigned usage use varchar virtual while write xor zerofill`.split(/\s+/),
)

/** A name as it must be written in a statement: in quotes where it needs them. */
export function quoteName(name: string, dialect: Dialect): string {
  const isPlain = /^[a-z_][a-z0-9_]*$/.test(name) && !RESERVED.has(name)
  const isPlainInAnyCase = dialect !== 'postgresql' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
  const isReserved = dialect === 'mysql' && RESERVED_BY_MYSQL.has(name.toLowerCase())
  if (isReserved) return `\`${name}\``
  if (isPlain || (isPlainInAnyCase && !RESERVED.has(name.toLowerCase()))) return name
  return dialect === 'mysql' ? `\`${name.replaceAll('`', '``')}\`` : `"${name.replaceAll('"', '""')}"`
}

/**
 * An expression as SQL, without the names of its tables, so that an index can hold it; undefined where it holds a
 * parameter, a query, or something that was not understood.
 */
export function expressionText(expression: Expression, dialect: Dialect): string | undefined {
  switch (expression.type) {
    case 'column':
      return expression.name === '*' ? undefined : quoteName(expression.name, dialect)
    case 'value':
      return expression.text
    case 'call':
      return joined(expression.of, dialect, ', ', (of) => `${expression.name}(${of})`)
    case 'cast':
      return joined(expression.of, dialect, '', (of) => castText(of, expression.to, dialect))
    case 'operation':
      return joined(expression.of, dialect, ` ${expression.operator} `, (of) => `(${of})`)
    case 'comparison':
      return comparisonText(expression, dialect)
    case 'row':
      return joined(expression.of, dialect, ', ', (of) => `(${of})`)
    case 'and':
    case 'or':
      return joined(expression.of, dialect, ` ${expression.type.toUpperCase()} `, (of) => `(${of})`)
    case 'not':
      return joined(expression.of, dialect, '', (of) => `NOT (${of})`)
    default:
      return undefined
  }
}

function castText(of: string, to: string, dialect: Dialect): string {
  return dialect === 'postgresql' ? `(${of})::${to}` : `CAST(${of} AS ${to})`
}

function comparisonText(
  { operator, of }: Expression & { readonly type: 'comparison' },
  dialect: Dialect,
): string | undefined {
  if (operator.endsWith('between')) {
    const [value, low, high] = of.map((each) => expressionText(each, dialect))
    if (value === undefined || low === undefined || high === undefined) return undefined
    return `${value} ${operator.toUpperCase()} ${low} AND ${high}`
  }
  if (of.length === 1) return joined(of, dialect, '', (text) => `${text} ${operator.toUpperCase()}`)
  const isList = (operator === 'in' || operator === 'not in') && of[1]?.type !== 'row'
  if (isList) return joined(of.slice(0, 1), dialect, '', (text) => inText(text, operator, of[1], dialect))
  return joined(of, dialect, ` ${operator.toUpperCase()} `, (text) => text)
}

/** `= ANY ('{a,b}')` is read as `in`, and written as it was. */
function inText(left: string, operator: string, right: Expression | undefined, dialect: Dialect): string | undefined {
  const list = right === undefined ? undefined : expressionText(right, dialect)
  if (list === undefined) return undefined
  const isArray = list.includes("'{")
  return isArray ? `${left} = ANY (${list})` : `${left} ${operator.toUpperCase()} (${list})`
}

function joined(
  of: readonly Expression[],
  dialect: Dialect,
  separator: string,
  build: (text: string) => string | undefined,
): string | undefined {
  const texts = of.map((each) => expressionText(each, dialect))
  return texts.includes(undefined) ? undefined : build(texts.join(separator))
}
