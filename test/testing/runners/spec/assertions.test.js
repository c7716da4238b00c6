import { createServer, get } from 'node:http'
import { blogs } from './blog.js'
import { afterAll, beforeAll, beforeEach, describe, expect, runner, test } from './runner.js'

for (const [driver, blog] of Object.entries(blogs)) {
  describe(driver, () => {
    beforeAll(() => blog.open())
    beforeEach(() => blog.query('select 2', []))
    afterAll(() => blog.close())

    // `setup` makes the data, elsewhere; here it says how much of it is read
    const growing = () => {
      let size = 0
      const setup = (next) => {
        size = next
      }
      return { options: { setup }, readAll: (list) => () => list(size) }
    }

    describe('passes', () => {
      test('toRunQueries', async () => {
        await expect(() => blog.listPosts(4)).toRunQueries(5)
        await expect(() => blog.listPosts(3)).toRunQueries({ kind: 'select', table: 'authors', atMost: 3, atLeast: 3 })
        await expect(() => blog.findPost(730_000)).toRunQueries({ matching: /where id = / })
      })

      test('toRunNoQueries', async () => {
        await expect(() => 'nothing').toRunNoQueries()
        await expect(() => blog.findPosts(2)).toRunNoQueries({ table: 'authors' })
      })

      test('toHaveNoNPlusOne', () => expect(() => blog.listPostsTogether(3)).toHaveNoNPlusOne())

      test('toHaveNoFindings', () => expect(() => blog.listPostsTogether(3)).toHaveNoFindings())

      test('toRunConstantQueries', async () => {
        const { options, readAll } = growing()
        await expect(readAll(blog.listPostsTogether)).toRunConstantQueries(options)
        await expect(() => blog.listPostsTogether(3)).toRunConstantQueries()
      })

      test('toRunLinearQueries', async () => {
        const { options, readAll } = growing()
        await expect(readAll(blog.listPosts)).toRunLinearQueries({ ...options, factors: [2, 4], warmup: false })
      })

      test('toStayWithinBudget', () =>
        expect(() => blog.listPostsTogether(3)).toStayWithinBudget({ queries: 2, rows: 6, databaseMs: 5_000 }))
    })

    describe('fails', () => {
      test('toRunQueries', () => expect(() => blog.listPosts(3)).toRunQueries(2)) // toRunQueries fails

      test('toRunNoQueries', () => expect(() => blog.listPostsTogether(3)).toRunNoQueries({ table: 'authors' }))

      test('toHaveNoNPlusOne', () => expect(() => blog.listPosts(3)).toHaveNoNPlusOne())

      test('toHaveNoNPlusOne at once', () => expect(() => blog.listPostsAtOnce(5)).toHaveNoNPlusOne())

      test('toHaveNoFindings', () => expect(() => blog.listPosts(3)).toHaveNoFindings())

      test('toRunConstantQueries', async () => {
        const { options, readAll } = growing()
        await expect(readAll(blog.listPosts)).toRunConstantQueries(options)
      })

      test('toRunConstantQueries by its growth', () => expect(() => blog.listPosts(3)).toRunConstantQueries())

      test('toRunLinearQueries', async () => {
        const { options, readAll } = growing()
        await expect(readAll(blog.listPosts)).toRunLinearQueries({ ...options, slope: 0.5, warmup: false })
      })

      test('toStayWithinBudget', () => expect(() => blog.listPosts(3)).toStayWithinBudget({ queries: 2, rows: 4 }))

      test('where nothing was seen', () => expect(() => 'nothing').toHaveNoNPlusOne())
    })

    describe('wrong use', () => {
      test('a result', async () => expect(await blog.findPost(730_000)).toRunQueries(1))

      test('a promise', () => expect(blog.findPost(730_000)).toHaveNoNPlusOne())

      test('a misspelt option', () => expect(() => blog.findPost(730_000)).toRunQueries({ atmost: 1 }))
    })

    if ('not' in expect(() => 0)) {
      describe('not', () => {
        test('passes', async () => {
          await expect(() => blog.listPosts(2)).not.toRunQueries(2)
          await expect(() => blog.listPosts(2)).not.toRunNoQueries()
          await expect(() => blog.listPosts(2)).not.toHaveNoNPlusOne()
          await expect(() => blog.listPosts(2)).not.toHaveNoFindings()
          await expect(() => blog.listPosts(2)).not.toRunConstantQueries()
          await expect(() => blog.listPosts(2)).not.toStayWithinBudget({ queries: 2 })
        })

        test('fails: toRunQueries', () => expect(() => blog.listPostsTogether(2)).not.toRunQueries(2))

        test('fails: toHaveNoNPlusOne', () => expect(() => blog.listPostsTogether(2)).not.toHaveNoNPlusOne())

        test('fails where nothing was seen', () => expect(() => 'nothing').not.toHaveNoNPlusOne())
      })
    }

    describe('blocks', () => {
      test('at once', () =>
        Promise.all([1, 2, 3, 4].map((size) => expect(() => blog.listPosts(size)).toRunQueries(1 + size))))

      test('nested', () =>
        expect(async () => {
          await expect(() => blog.listPostsTogether(2)).toRunQueries(2)
          await blog.findPost(730_000)
        }).toRunQueries(3))

      test('after a pool was contended', async () => {
        await Promise.all([1, 2, 3, 4].map((size) => blog.listPostsAtOnce(size)))
        await expect(() => blog.listPosts(2)).toRunQueries(3)
      })
    })

    describe('a server', () => {
      test('of the block', () => expect(() => serving(blog.listPosts, (visit) => visit(2))).toRunQueries(6))

      test('is judged per request', () =>
        expect(() =>
          serving(
            () => blog.findPost(730_000),
            (visit) => visit(3),
          ),
        ).toHaveNoNPlusOne())

      test('has a loop', () => expect(() => serving(blog.listPosts, (visit) => visit(2))).toHaveNoNPlusOne())
    })

    runner.atOnce?.('tests at once', {
      one: (own) => own(() => blog.listPosts(1)).toRunQueries(2),
      two: (own) => own(() => blog.listPosts(2)).toRunQueries(3),
      three: (own) => own(() => blog.listPostsAtOnce(3)).toRunQueries(4),
      fails: (own) => own(() => blog.listPosts(4)).toRunQueries(99),
    })

    runner.each?.([1, 2, 3], 'each %i', (size) => expect(() => blog.listPosts(size)).toRunQueries(1 + size))

    runner.failing?.('expected to fail', () => expect(() => blog.listPosts(3)).toRunQueries(2))

    test('timers that are faked', async () => {
      runner.useFakeTimers()
      try {
        await expect(() => blog.listPosts(3)).toRunQueries(4)
        await expect(() => blog.listPostsAtOnce(3)).toStayWithinBudget({ queries: 4, databaseMs: 5_000 })
      } finally {
        runner.useRealTimers()
      }
    })

    runner.withCallback?.('a callback', (done) => {
      expect(() => blog.listPosts(2))
        .toRunQueries(3)
        .then(() => done(), done)
    })
  })
}

/** Runs `use` with a server that answers each request from the blog, two posts at a time. */
async function serving(answer, use) {
  const server = createServer((_request, response) => answer(2).then(() => response.end('ok')))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${server.address().port}/posts`
  try {
    await use(async (times) => {
      for (let count = 0; count < times; count++) await visit(url)
    })
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

function visit(url) {
  return new Promise((resolve, reject) => {
    get(url, (response) => response.resume().on('end', resolve)).on('error', reject)
  })
}
