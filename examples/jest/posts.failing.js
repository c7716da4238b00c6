'use strict'
const { afterAll, beforeAll, expect, test } = require('@jest/globals')
const { close, listPosts, seed } = require('example-blog')
require('nonplus/jest')

beforeAll(() => seed(3))
afterAll(() => close())

test('the list of posts has no N+1', async () => {
  await expect(() => listPosts()).toHaveNoNPlusOne()
})
