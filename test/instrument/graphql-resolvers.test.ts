import { createRequire } from 'node:module'
import DataLoader from 'dataloader'
import type * as GraphQL from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import { hookGraphql } from '../../src/instrument/graphql.ts'
import { unpatchAll } from '../../src/instrument/patch.ts'
import { state } from '../../src/instrument/state.ts'
import { record } from './record.ts'

const require = createRequire(import.meta.url)

let graphql: typeof GraphQL
beforeAll(() => {
  hookGraphql()
  graphql = require('graphql')
})

function schemaWith(resolve: GraphQL.GraphQLFieldResolver<unknown, unknown>): GraphQL.GraphQLSchema {
  const { GraphQLObjectType, GraphQLSchema, GraphQLString } = graphql
  return new GraphQLSchema({
    query: new GraphQLObjectType({ name: 'Query', fields: { text: { type: GraphQLString, resolve } } }),
  })
}

function fieldNow(): unknown {
  return (state.field ?? state.fields.getStore())?.key
}

describe('what an application sees of its resolvers', () => {
  test('a resolver keeps its name and length, and runs with the field', async () => {
    const schema = schemaWith(function findText(_source, _args) {
      return fieldNow()
    })
    const { result } = await record(() => graphql.graphql({ schema, source: '{ text }' }))
    expect(result).toEqual({ data: { text: 'text' } })
    const resolve = schema.getQueryType()?.getFields().text?.resolve
    expect([resolve?.name, resolve?.length]).toEqual(['findText', 2])
  })

  test('what is synchronous stays so, and outside any scope nothing is noted', () => {
    const schema = schemaWith(() => fieldNow() ?? 'none')
    expect(graphql.graphqlSync({ schema, source: '{ text }' })).toEqual({ data: { text: 'none' } })
  })

  test('errors come as they are thrown', async () => {
    const error = new RangeError('no such text')
    const schema = schemaWith(() => {
      throw error
    })
    const { result } = await record(() => graphql.graphql({ schema, source: '{ text }' }))
    expect(result.errors?.[0]?.originalError).toBe(error)
    expect(result.errors?.[0]?.path).toEqual(['text'])
  })

  test('a resolver that several schemas share is wrapped once', async () => {
    const shared = () => fieldNow()
    const first = schemaWith(shared)
    await record(() => graphql.graphql({ schema: first, source: '{ text }' }))
    const wrapped = first.getQueryType()?.getFields().text?.resolve as GraphQL.GraphQLFieldResolver<unknown, unknown>
    const second = schemaWith(wrapped)
    const third = schemaWith(shared)
    for (const schema of [second, third]) {
      const { result } = await record(() => graphql.graphql({ schema, source: '{ text }' }))
      expect(result).toEqual({ data: { text: 'text' } })
      expect(schema.getQueryType()?.getFields().text?.resolve).toBe(wrapped)
    }
  })

  test('methods and getters are resolvers, a getter is read once, and plain properties are left alone', async () => {
    const schema = graphql.buildSchema('type Query { method: String getter: String plain: String }')
    let reads = 0
    const rootValue = {
      plain: 'plain',
      method: async () => {
        await null
        return fieldNow()
      },
      get getter() {
        reads++
        return fieldNow()
      },
    }
    const { result } = await record(() => graphql.graphql({ schema, source: '{ method getter plain }', rootValue }))
    expect(result).toEqual({ data: { method: 'method', getter: 'getter', plain: 'plain' } })
    expect(reads).toBe(1)
  })

  test('a field resolver of the application is called as before', async () => {
    const schema = graphql.buildSchema('type Query { text: String }')
    const fieldResolver: GraphQL.GraphQLFieldResolver<unknown, unknown> = (_source, _args, _context, { fieldName }) => {
      return `${fieldName} of mine in ${fieldNow()}`
    }
    const { result } = await record(() => graphql.graphql({ schema, source: '{ text }', fieldResolver }))
    expect(result).toEqual({ data: { text: 'text of mine in text' } })
  })

  test('a lazy builder is sent within the field', async () => {
    // biome-ignore lint/suspicious/noThenProperty: query builders are such objects
    const schema = schemaWith(() => ({ then: (done: (value: unknown) => void) => done(fieldNow()) }))
    const { result } = await record(() => graphql.graphql({ schema, source: '{ text }' }))
    expect(result).toEqual({ data: { text: 'text' } })
  })

  test('a resolver that was synchronous many times has its field all the same, and may give a promise', async () => {
    let calls = 0
    const schema = schemaWith(() => (++calls <= 40 ? fieldNow() : Promise.resolve().then(fieldNow)))
    const texts: unknown[] = []
    await record(async () => {
      for (let count = 0; count < 42; count++) {
        const { data } = await graphql.graphql({ schema, source: '{ text }' })
        texts.push(data?.text)
      }
    })
    expect(texts).toEqual([...Array(40).fill('text'), null, 'text'])
    expect(state.field).toBeUndefined()
  })

  test('a batch counts for the field that asked first', async () => {
    const batches: unknown[] = []
    const loader = new DataLoader<number, number>(async (ids) => {
      batches.push(fieldNow())
      return ids
    })
    const schema = graphql.buildSchema('type Query { first: Int second: Int }')
    const rootValue = { first: () => loader.load(1), second: () => loader.load(2) }
    const { result } = await record(() => graphql.graphql({ schema, source: '{ first second }', rootValue }))
    expect(result).toEqual({ data: { first: 1, second: 2 } })
    expect(batches).toEqual(['first'])
  })

  test('two operations in one scope leave its name alone', async () => {
    const schema = schemaWith(() => 'text')
    const { scope } = await record(async () => {
      await graphql.graphql({ schema, source: 'query A { text }' })
      await graphql.graphql({ schema, source: 'query B { text }' })
    })
    expect(scope.attributes).toEqual({ 'graphql.operation.type': 'query', 'graphql.operation.name': 'A' })
    const { operationNameOf } = await import('../../src/instrument/graphql-field.ts')
    expect(operationNameOf(scope)).toBeUndefined()
  })

  test('undone, the schema class is as it was', () => {
    const { prototype } = graphql.GraphQLSchema
    const wrapped = prototype.getRootType
    unpatchAll()
    expect(prototype.getRootType).not.toBe(wrapped)
    expect(wrapped.name).toBe('getRootType')
  })
})
