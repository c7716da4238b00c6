import type { Dialect } from '../model/statement.ts'
import { quoteName } from '../sql/quote-name.ts'
import type { Expression } from './sql-tree.ts'

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
