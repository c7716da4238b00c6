import { expect } from 'chai'
import { close, listPosts, seed } from 'example-blog'
import 'nonplus/chai'

before(() => seed(3))
after(() => close())

it('the list of posts has no N+1', async () => {
  await expect(() => listPosts()).toHaveNoNPlusOne()
})
