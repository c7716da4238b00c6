import { describe, expect, test } from 'vitest'
import type { Slot } from '../../src/model/statement.ts'
import { statementOf } from '../../src/sql/statement.ts'
import { casesOf } from './cases.ts'

function slotText(slot: Slot): string {
  const column = slot.column === undefined ? '' : `:${slot.column}`
  const operator = slot.operator === undefined ? '' : ` ${slot.operator}`
  return `${slot.clause}:${slot.form}${column}${operator}`
}

describe('statement', () => {
  for (const { line, dialect, cells } of casesOf('statement.cases.txt')) {
    const [sql = '', kind, tables, summary, slots] = cells
    test(`line ${line}, ${dialect}: ${sql}`, () => {
      const statement = statementOf(sql, dialect)
      expect([
        `${statement.kind}${statement.writes ? ' writes' : ''}`,
        statement.tables.join(', '),
        statement.summary,
        statement.slots.map(slotText).join(', '),
      ]).toEqual([kind, tables, summary, slots])
    })
  }

  test('texts of one shape share one object', () => {
    const first = statementOf('select * from shared where id = 1', 'postgresql')
    expect(statementOf('SELECT * FROM shared WHERE id = $1 -- again', 'postgresql')).toBe(first)
    expect(statementOf('select * from shared where id = 1', 'postgresql')).toBe(first)
    expect(statementOf('select * from shared where id = 1', 'mysql')).not.toBe(first)
  })

  test('a shape in use outlives thousands of others', () => {
    const first = statementOf('select * from kept where id = 1', 'sqlite')
    for (let index = 0; index < 10_000; index++) {
      statementOf(`select column_${index} from t where id = ${index}`, 'sqlite')
      if (index % 1000 === 0) expect(statementOf(`select * from kept where id = ${index}`, 'sqlite')).toBe(first)
    }
  })

  test('a text too large to cache has the shape of a small one', () => {
    const list = Array.from({ length: 5000 }, (_, index) => index).join(', ')
    const small = statementOf('select * from big where id in (1)', 'postgresql')
    expect(statementOf(`select * from big where id in (${list})`, 'postgresql')).toBe(small)
  })

  test('a summary is cut between names', () => {
    const tables = Array.from({ length: 40 }, (_, index) => `table_number_${index}`)
    const { summary } = statementOf(`select * from ${tables.join(', ')}`, 'postgresql')
    expect(summary.length).toBeLessThanOrEqual(255)
    expect(`SELECT ${tables.join(' ')} `).toContain(`${summary} `)
    expect(statementOf(`select * from ${'x'.repeat(400)}`, 'postgresql').summary).toBe('SELECT')
  })
})
