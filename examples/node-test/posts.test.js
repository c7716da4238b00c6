import assert from 'node:assert/strict'
import { after, beforeEach, describe, test } from 'node:test'
import { close, findPost, listPosts, listPostsTogether, seed } from 'example-blog'
import {
  expectConstantQueries,
  expectNoNPlusOne,
  expectQueries,
  expectQuerySnapshot,
  expectWithinBudget,
} from 'nonplus/testing'

beforeEach(() => seed(3))
after(() => close())

describe('the list of posts', () => {
  test('asks for posts and authors once', async () => {
    await expectQueries(() => listPostsTogether(), 2)
    await expectQueries(() => listPostsTogether(), { kind: 'select', table: 'authors', atMost: 1 })
  })

  test('has no N+1', async () => {
    await expectNoNPlusOne(() => listPostsTogether())
  })

  test('runs as many queries with more posts', async () => {
    await expectConstantQueries({ setup: seed, run: () => listPostsTogether() })
  })

  test('keeps its queries', async () => {
    await expectQuerySnapshot(() => listPostsTogether(), new URL('list-posts.sql', import.meta.url))
  })

  test('stays within its budget', async () => {
    await expectWithinBudget(() => listPostsTogether(), { queries: 2, rows: 6, databaseMs: 500 })
  })

  test('that loads each author has an N+1', async () => {
    await assert.rejects(
      expectNoNPlusOne(() => listPosts()),
      /Expected no N\+1, but found 1/,
    )
    await assert.rejects(expectConstantQueries({ setup: seed, run: () => listPosts() }), /grew with the data/)
  })
})

test('a post is one query', async () => {
  const post = await expectQueries(() => findPost(1), 1)
  assert.equal(post.title, 'Post 1')
})

// no assertion on queries: the report of the whole suite finds it
test('lists posts with their authors', async () => {
  const posts = await listPosts()
  assert.deepEqual(
    posts.map(({ author }) => author),
    ['Author 1', 'Author 2', 'Author 3'],
  )
})
