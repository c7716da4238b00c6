import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readPlan } from '../../src/explain/read-plan.ts'
import { redactCondition, redactPlan } from '../../src/explain/redact-plan.ts'
import type { Engine, Plan } from '../../src/model/plan.ts'
import { fixture, fixtureNames, labPlans } from './fixtures.ts'

const engines: readonly Engine[] = ['postgres', 'mysql', 'mariadb', 'sqlite']

describe('a condition', () => {
  test.each([
    [
      'postgres',
      "((status = 'x'::text) AND (id = ANY ('{1,2}'::integer[])))",
      '((status = ?::text) AND (id = ANY (?::integer[])))',
    ],
    ['postgres', '(NOT (ANY (id = (hashed SubPlan 1).col1)))', '(NOT (ANY (id = (hashed SubPlan 1).col1)))'],
    [
      'postgres',
      '((a = $0) AND (b = $1) AND (c = (InitPlan 2).col1))',
      '((a = $0) AND (b = $1) AND (c = (InitPlan 2).col1))',
    ],
    ['postgres', "(note ~~ '%it''s SubPlan 1%'::text)", "(note ~~ '%?'::text)"],
    ['postgres', "(note ~~ 'it''s%'::text) AND (a = '%'::text)", '(note ~~ ?::text) AND (a = ?::text)'],
    ['mariadb', "t.email like '%\\'x\\\\' and t.a = 'b'", "t.email like '%?' and t.a = ?"],
    ['mysql', "((orders.`status` = 'x') and ((select #2) > 9))", '((orders.`status` = ?) and ((select #2) > ?))'],
    ['mysql', "('x' <= status <= 'y') OR (NULL < a < 20)", '(? <= status <= ?) OR (NULL < a < ?)'],
    ['mysql', "(a = _utf8mb4'x') and (b = DATE'2024-01-01') and (c = 0xAB)", '(a = ?) and (b = DATE?) and (c = ?)'],
    [
      'mysql',
      '/* select#1 */ select `a` from `t` where (`t`.`x` = "secret")',
      'select `a` from `t` where (`t`.`x` = ?)',
    ],
    [
      'mariadb',
      "!<in_optimizer>(c.`id`,c.`id` in (subquery#2)) and x = 'it\\'s #3'",
      '!<in_optimizer>(c.`id`,c.`id` in (subquery#2)) and x = ?',
    ],
    ['sqlite', 'customer_id=? AND created_at>?', 'customer_id=? AND created_at>?'],
  ] as const)('%s: %s', (engine, condition, expected) => {
    expect(redactCondition(condition, engine)).toBe(expected)
  })

  test('that ends within a quote is not shown at all', () => {
    for (const engine of engines) expect(redactCondition("(a = 'secret and b = 5", engine)).toBe('?')
  })

  test('stays as it is when it is redacted again', () => {
    for (const name of fixtureNames()) {
      const once = redactPlan(readPlan(fixture(name)))
      expect.soft(redactPlan(once), name).toEqual(once)
    }
  })
})

describe('a plan', () => {
  test('of any case holds no literal of its statement', () => {
    const literals = /refunded|'pending'|'nope'|= 77\b|<= 100\b|> 50000|2024-0/
    for (const name of fixtureNames()) {
      const { root, warnings } = redactPlan(readPlan(fixture(name)))
      expect.soft(JSON.stringify({ root, warnings }), name).not.toMatch(literals)
    }
  })

  test('of any statement holds no text that was quoted in it', () => {
    for (const server of ['postgres-18', 'mysql-9', 'mariadb-10.11'] as const) {
      for (const { sql, how, text } of labPlans(server)) {
        const quoted = [...sql.matchAll(/'([a-z]{3,}|[^']*\d{4}[^']*)'/g)].map(([, literal]) => `'${literal}'`)
        const shown = JSON.stringify(redactPlan(readPlan(text)).root)
        for (const literal of quoted) expect.soft(shown, `${server} ${how} ${sql}`).not.toContain(literal)
      }
    }
  })

  test('keeps names, rows and costs', () => {
    const plan = readPlan(fixture('mysql-9.7/my02-filesort.before.analyze-json.json'))
    const redacted = redactPlan(plan)
    expect(redacted.root.children[0]?.children[0]).toEqual({
      ...plan.root.children[0]?.children[0],
      filter: '(orders.`status` = ?)',
    })
  })

  test('keeps the names in warnings that are read, and no values', () => {
    const plan: Plan = {
      ...readPlan(fixture('mysql-9.7/my04-type-conversion.before.json-default.json')),
      warnings: [
        {
          code: '1739',
          message: "Cannot use ref access on index 'ix_email' due to type or collation conversion on field 'email'",
        },
        { code: '1292', message: "Truncated incorrect DOUBLE value: 'secret@x.io'" },
        {
          code: '1003',
          message: "/* select#1 */ select `email` from `customers` where (`email` = 'secret' and `n` = 4711)",
        },
        {
          code: '1105',
          message: 'Cannot use key `ix_email` part[0] for lookup: `email` of collation `utf8mb4` = "secret"',
        },
      ],
    }
    const messages = redactPlan(plan).warnings.map(({ message }) => message)
    expect(messages[0]).toBe(plan.warnings[0]?.message)
    expect(messages.join()).not.toMatch(/secret|4711/)
    expect(messages[3]).toContain('`ix_email`')
  })
})

/** Text that would be seen if it survived, in the middle of what may surround it. */
const secret = fc
  .tuple(fc.string({ unit: 'grapheme-ascii', maxLength: 12 }), fc.string({ unit: 'grapheme-ascii', maxLength: 12 }))
  .map(([before, after]) => `${before}S3CRET${after}`)

function literalOf(engine: Engine, text: string): string {
  const doubled = text.replaceAll("'", "''")
  if (engine === 'postgres') return `'${doubled}'::text`
  if (engine === 'sqlite') return `'${doubled}'`
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

const pieces = [
  '(orders.status = ',
  ') AND (',
  ' <= x <= ',
  '(hashed SubPlan 1).col1 = ',
  'SubPlan 2 ',
  '(select #2) > ',
  'subquery#3 in (',
  ' and `a b`.c = ',
  ', ',
  ' OR "quoted".d = ',
] as const

test('no literal survives, wherever in the texts of a plan it stands', () => {
  const names = [
    'pg-18/pg15-correlated-subquery.before.analyze.json',
    'mysql-9.7/my02-filesort.before.analyze-json.json',
    'mysql-mariadb10.11/my05-dependent-subquery.before.json-default.json',
    'sqlite-sqlite3.53.2/sl04-correlated.before.json',
  ]
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      fc.array(fc.tuple(fc.constantFrom(...pieces), secret), { minLength: 1, maxLength: 5 }),
      fc.nat({ max: 9 }),
      (name, parts, place) => {
        const plan = readPlan(fixture(name))
        const written =
          plan.engine === 'mysql' || plan.engine === 'mariadb'
            ? parts.map(([piece, text]) => [piece.replaceAll('"quoted"', '`quoted`'), text] as const)
            : parts.map(([piece, text]) => [piece.replaceAll('`a b`', '"a b"'), text] as const)
        const text = written.map(([piece, literal]) => piece + literalOf(plan.engine, literal)).join('')
        const fields = [
          { filter: text },
          { indexCond: text },
          { recheckCond: text },
          { joinCond: text },
          { joinFilter: text },
          { sortKey: [text] },
          { groupKey: [text] },
          { output: ['a', text] },
          { nodeType: text, op: 'other' as const },
          { notes: [text], subplanName: text },
        ]
        const root = { ...plan.root, children: [{ ...plan.root, ...fields[place] }] }
        const shown = JSON.stringify(redactPlan({ ...plan, root, warnings: [{ code: '1003', message: text }] }))
        expect(shown).not.toContain('S3CRET')
      },
    ),
    { numRuns: 3000 },
  )
})

test('a number is a literal too', () => {
  for (const engine of engines)
    expect(redactCondition('(a = 918273) AND (b < -918273.5)', engine)).not.toContain('918273')
})
