import { blogs } from './blog.js'
import { afterAll, beforeAll, describe, expect, runner, test } from './runner.js'

for (const [driver, blog] of Object.entries(blogs)) {
  describe(driver, () => {
    beforeAll(() => blog.open())
    afterAll(() => blog.close())

    let attempts = 0
    const run = async () => {
      attempts++
      await expect(() => blog.listPosts(attempts)).toRunQueries(attempts < 3 ? 99 : 4)
    }
    if (runner.retried === undefined) test('is not retried', () => blog.findPosts(2))
    else runner.retried('retried', run)
  })
}
