import { close, listPosts, seed } from 'example-blog'
import { afterAll, beforeAll, expect, test } from 'vitest'
import 'nonplus/vitest'

beforeAll(() => seed(3))
afterAll(() => close())

test('the list of posts has no N+1', async () => {
  await expect(() => listPosts()).toHaveNoNPlusOne()
})
