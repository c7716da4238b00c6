import { blogs } from './blog.js'
import { afterAll, beforeAll, beforeEach, describe, runner, test } from './runner.js'

// no assertion on queries: what the whole suite is watched for

for (const [driver, blog] of Object.entries(blogs)) {
  describe(driver, () => {
    beforeAll(() => blog.open())
    beforeEach(() => blog.findPosts(1))
    afterAll(() => blog.close())

    test('a loop of the application', () => blog.listPosts(4))

    test('a loop at once', () => blog.listPostsAtOnce(5))

    test('no loop', () => blog.listPostsTogether(4))

    test('no query', () => undefined)

    test('a loop of the test', async () => {
      const posts = await blog.findPosts(3)
      for (const { author_id } of posts) await blog.query('select id from authors where id = $1', [author_id])
    })

    runner.withCallback?.('a callback', (done) => {
      blog.listPosts(3).then(() => done(), done)
    })
  })
}
