import { after, before, test } from 'node:test'
import { close, listPosts, seed } from 'example-blog'
import { expectNoNPlusOne } from 'nonplus/testing'

before(() => seed(3))
after(() => close())

test('the list of posts has no N+1', async () => {
  await expectNoNPlusOne(() => listPosts())
})
