import { describe, expect, test } from 'vitest'
import { duplicateQuery } from '../../src/detectors/duplicate-query.ts'
import { nPlusOne } from '../../src/detectors/n-plus-one.ts'
import type { Trace } from '../../src/model/trace.ts'
import { traceOf } from '../trace-of.ts'

/** A trace whose executions were sent by these fields, in their order. */
function withFields(text: string, fields: readonly (string | undefined)[]): Trace {
  const trace = traceOf(text)
  const executions = trace.executions.map((execution, index) => {
    const field = fields[index]
    return field === undefined ? execution : { ...execution, field }
  })
  return { ...trace, executions }
}

const loop = `
  posts.ts:10 | select * from posts | [] | id=1,2,3 author_id=7,8,9
  posts.ts:24 | select * from users where id = $1 | [7] | id=7
  posts.ts:24 | select * from users where id = $1 | [8] | id=8
  posts.ts:24 | select * from users where id = $1 | [9] | id=9
`

const twice = `
  posts.ts:10 | select * from users where id = $1 | [7] | id=7
  posts.ts:24 | select * from users where id = $1 | [7] | id=7
`

function facts(trace: Trace) {
  const findings = [
    ...nPlusOne.detect(trace, nPlusOne.defaults),
    ...duplicateQuery.detect(trace, duplicateQuery.defaults),
  ]
  return findings.map(({ title, fields }) => ({ title, fields }))
}

describe('GraphQL fields', () => {
  test('one field is named in the title', () => {
    const author = 'Query.posts[].author'
    expect(facts(withFields(loop, ['Query.posts', author, author, author]))).toEqual([
      { title: `3 × SELECT users with 3 different keys in ${author}`, fields: [author] },
    ])
    expect(facts(withFields(twice, ['Query.me', 'Query.me']))).toEqual([
      { title: '2 × SELECT users with the same parameters in Query.me', fields: ['Query.me'] },
    ])
  })

  test('several are listed by name, and none is in the title', () => {
    expect(facts(withFields(loop, ['Query.posts', 'Query.b', 'Query.a', 'Query.b']))).toEqual([
      { title: '3 × SELECT users with 3 different keys', fields: ['Query.a', 'Query.b'] },
    ])
  })

  test('what was sent by none has no property for it', () => {
    expect(facts(withFields(loop, ['Query.posts']))).toEqual([
      { title: '3 × SELECT users with 3 different keys', fields: undefined },
    ])
  })

  test('the same loop has the same identity in every field', () => {
    const identities = ['Query.posts[].author', 'Query.latest[].author'].map((field) => {
      return nPlusOne.detect(withFields(loop, [undefined, field, field, field]), nPlusOne.defaults)[0]?.identity
    })
    expect(identities[0]).toBe(identities[1])
  })
})
