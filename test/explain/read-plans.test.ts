import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readPlan } from '../../src/explain/read-plan.ts'
import { readPlans } from '../../src/explain/read-plans.ts'
import { NonplusError } from '../../src/model/errors.ts'
import { nodesOf } from '../../src/model/plan.ts'

const text = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures/text', name), 'utf8')
const shown = text('psql.txt')
const sound = nodesOf(readPlan(shown).root)

describe('what a client puts around a plan', () => {
  const bare = shown
    .split('\n')
    .slice(2)
    .filter((line) => !/^\(\d+ rows\)$/.test(line.trim()))
    .map((line) => line.slice(1).trimEnd())
    .filter((line) => line !== '')
  const width = Math.max(...bare.map((line) => line.length))
  const padded = bare.map((line) => line.padEnd(width))
  const rule = '-'.repeat(width + 2)

  test.each([
    ['nothing', bare.join('\n')],
    ['line ends of Windows', shown.replaceAll('\n', '\r\n')],
    ['spaces before each line', bare.map((line) => `      ${line}`).join('\n')],
    [
      'borders',
      [`+${rule}+`, '| QUERY PLAN |', `+${rule}+`, ...padded.map((line) => `| ${line} |`), `+${rule}+`].join('\n'),
    ],
    ['borders of Unicode', [`┌${rule.replaceAll('-', '─')}┐`, ...padded.map((line) => `│ ${line} │`)].join('\n')],
    [
      'one cell',
      ['QUERY PLAN', rule, ...padded.map((line, at) => ` ${line}${at < bare.length - 1 ? '+' : ''}`), '(1 row)'].join(
        '\n',
      ),
    ],
    ['expanded display', bare.map((line, at) => `-[ RECORD ${at + 1} ]---\nQUERY PLAN | ${line}`).join('\n')],
    ['quotes of an export', ['"QUERY PLAN"', ...bare.map((line) => `"${line.replaceAll('"', '""')}"`)].join('\n')],
    [
      'a prompt and another language',
      `shop=# explain select 1;\n${shown.replace(/\(\d+ rows\)/, '(47 Zeilen)')}\nZeit: 3 ms\nshop=# `,
    ],
    ['a byte order mark', `\uFEFF${shown}`],
  ])('%s', (_, given) => {
    expect(nodesOf(readPlan(given).root)).toEqual(sound)
  })
})

describe('auto_explain', () => {
  const log = text('auto-explain.log.txt')
  const lines = log.split('\n')

  test('is found in a log, with its statements', () => {
    const found = readPlans(log)
    expect(found.map(({ statement }) => statement?.split('\n')[0])).toEqual([
      'select *',
      "select count(*) from orders where note = 'x'",
      'select * from orders where id = $1',
      'update orders set note = note where id < 10',
    ])
    expect(found[0]?.statement).toBe('select *\n  from orders\n where customer_id = 77')
    expect(found.every(({ plan }) => plan.mode === 'auto_explain' && (plan.executionTime ?? 0) > 0)).toBe(true)
    expect(found.map(({ plan }) => plan.root.nodeType)).toEqual([
      'Bitmap Heap Scan',
      'Aggregate',
      'Index Scan',
      'ModifyTable',
    ])
    expect(lines[(found[1]?.line ?? 0) - 1]).toMatch(/^\tAggregate {2}\(cost=/)
  })

  const whole = readPlans(log).map(({ plan }) => nodesOf(plan.root))
  test.each([
    ['of a container', lines.map((line) => `db-1  | ${line}`).join('\n')],
    ['with spaces for tabs', log.replaceAll(/^\t/gm, '        ')],
    [
      'by syslog',
      lines
        .map((line, at) => `Nov 26 22:00:01 host postgres[123]: [${at}-1] ${line.replaceAll('\t', '#011')}`)
        .join('\n'),
    ],
    ['as CSV', text('auto-explain.csv')],
    ['as JSON', text('auto-explain.jsonl')],
  ])('%s', (_, given) => {
    const found = readPlans(given).map(({ plan }) => nodesOf(plan.root))
    expect(found.map((nodes) => nodes.map(({ nodeType }) => nodeType))).toEqual(
      whole.map((nodes) => nodes.map(({ nodeType }) => nodeType)),
    )
    expect(readPlans(given).map(({ statement }) => statement)).toEqual(readPlans(log).map(({ statement }) => statement))
  })

  test('with its plans in JSON', () => {
    const [first] = readPlans(text('auto-explain-json.log.txt'))
    expect(first).toMatchObject({
      statement: 'select *\n  from orders\n where customer_id = 77',
      plan: { format: 'pg-json' },
    })
  })
})

test('several plans in one text are read one by one', () => {
  const found = readPlans(`${shown}\n${shown}`)
  expect(found.map(({ plan }) => nodesOf(plan.root))).toEqual([sound, sound])
  expect(() => readPlan(`${shown}\n${shown}`)).toThrow(/Expected one plan, but got 2, the second from line \d+ on/)
})

test('workers have their own sorts and blocks', () => {
  const plan = readPlan(text('parallel.txt'))
  const [sort] = nodesOf(plan.root)
    .filter(({ op, workers: _, isParallel: __ }) => op === 'sort')
    .slice(-1)
  expect(sort?.sort).toEqual({ method: 'external merge', spaceKb: 1808, disk: true })
  expect(nodesOf(plan.root).find(({ op }) => op === 'gather')?.workers).toEqual({ planned: 2, launched: 2 })
  expect(nodesOf(plan.root).at(-1)).toMatchObject({ isParallel: true, loops: 3, buffers: { sharedHit: 1082 } })
  expect(plan.settings).toMatchObject({ work_mem: '64kB' })
})

describe('what is broken names its line', () => {
  const numbered = shown.split('\n')
  const cutAt = (pattern: RegExp) => numbered.findIndex((line) => pattern.test(line))

  test.each([
    [
      'within the numbers of a node',
      shown.slice(0, shown.indexOf('rows=', shown.indexOf('Seq Scan'))),
      /it ends within line \d+/,
    ],
    [
      'within a condition',
      shown.slice(0, shown.indexOf('Merge Cond: (') + 15),
      /it ends at line \d+, within Merge Cond/,
    ],
    [
      'before the second input of a join',
      numbered.slice(0, cutAt(/-> {2}Sort {2}\(cost=623/)).join('\n'),
      /what the Merge Join of line \d+ reads is not there/,
    ],
    [
      'with a line that is none',
      shown.replace(/^.*Merge Cond.*$/m, "   merge condition 'geheim'"),
      /`merge condition …` in line \d+, which is no line of one/,
    ],
    ['in its first line', 'Seq Scan on t  (cost=0.00..1', /it ends within line 1/],
  ])('%s', (_, given, message) => {
    expect(() => readPlans(given)).toThrow(NonplusError)
    expect(() => readPlans(given)).toThrow(message)
    expect(() => readPlans(given)).not.toThrow(/geheim/)
  })

  test('whatever is cut off its end, it is read or refused', () => {
    for (let end = 0; end < shown.length; end++) {
      try {
        readPlans(shown.slice(0, end))
      } catch (error) {
        expect(error).toBeInstanceOf(NonplusError)
      }
    }
  })
})
