import { expect } from 'chai'
import { close, findPost, listPosts, listPostsTogether, seed } from 'example-blog'
import 'nonplus/chai'

beforeEach(() => seed(3))
after(() => close())

describe('the list of posts', () => {
  it('asks for posts and authors once', async () => {
    await expect(() => listPostsTogether()).toRunQueries(2)
    await expect(() => listPostsTogether()).toRunQueries({ kind: 'select', table: 'authors', atMost: 1 })
  })

  it('has no N+1', async () => {
    await expect(() => listPostsTogether()).toHaveNoNPlusOne()
  })

  it('runs as many queries with more posts', async () => {
    await expect(() => listPostsTogether()).toRunConstantQueries({ setup: seed })
  })

  it('keeps its queries', async () => {
    await expect(() => listPostsTogether()).toMatchQuerySnapshot(new URL('list-posts.sql', import.meta.url))
  })

  it('stays within its budget', async () => {
    await expect(() => listPostsTogether()).toStayWithinBudget({ queries: 2, rows: 6, databaseMs: 500 })
  })

  it('that loads each author has an N+1', async () => {
    await expect(() => listPosts()).not.toHaveNoNPlusOne()
    await expect(() => listPosts()).not.toRunConstantQueries({ setup: seed })
  })
})

it('a post is one query', async () => {
  await expect(() => findPost(1)).toRunQueries(1)
})

// no assertion on queries: the report of the whole suite finds it
it('lists posts with their authors', async () => {
  const posts = await listPosts()
  expect(posts.map(({ author }) => author)).to.deep.equal(['Author 1', 'Author 2', 'Author 3'])
})
