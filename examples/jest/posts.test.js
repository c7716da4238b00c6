'use strict'
const { afterAll, beforeEach, describe, expect, test } = require('@jest/globals')
const { close, findPost, listPosts, listPostsTogether, seed } = require('example-blog')
require('nonplus/jest')

beforeEach(() => seed(3))
afterAll(() => close())

describe('the list of posts', () => {
  test('asks for posts and authors once', async () => {
    await expect(() => listPostsTogether()).toRunQueries(2)
    await expect(() => listPostsTogether()).toRunQueries({ kind: 'select', table: 'authors', atMost: 1 })
  })

  test('has no N+1', async () => {
    await expect(() => listPostsTogether()).toHaveNoNPlusOne()
  })

  test('runs as many queries with more posts', async () => {
    await expect(() => listPostsTogether()).toRunConstantQueries({ setup: seed })
  })

  test('keeps its queries', async () => {
    await expect(() => listPostsTogether()).toMatchQuerySnapshot()
  })

  test('stays within its budget', async () => {
    await expect(() => listPostsTogether()).toStayWithinBudget({ queries: 2, rows: 6, databaseMs: 500 })
  })

  test('that loads each author has an N+1', async () => {
    await expect(() => listPosts()).not.toHaveNoNPlusOne()
    await expect(() => listPosts()).not.toRunConstantQueries({ setup: seed })
  })
})

test('a post is one query', async () => {
  await expect(() => findPost(1)).toRunQueries(1)
})

// no assertion on queries: the report of the whole suite finds it
test('lists posts with their authors', async () => {
  const posts = await listPosts()
  expect(posts.map(({ author }) => author)).toEqual(['Author 1', 'Author 2', 'Author 3'])
})
