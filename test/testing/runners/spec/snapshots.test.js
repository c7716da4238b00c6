import { blogs } from './blog.js'
import { afterAll, beforeAll, describe, expect, runner, test } from './runner.js'

const isChanged = process.env.SPEC_CHANGED === '1'
// where the runner keeps none
const place = (name) => (runner.snapshots ? undefined : new URL(`./kept/${name}.sql`, `file://${process.cwd()}/`))

for (const [driver, blog] of Object.entries(blogs)) {
  describe(driver, () => {
    beforeAll(() => blog.open())
    afterAll(() => blog.close())

    const list = isChanged ? blog.listPosts : blog.listPostsTogether

    test('a list', () => expect(() => list(3)).toMatchQuerySnapshot(place(`${driver} list`)))

    test('beside others', () =>
      expect(() => Promise.all([blog.findPost(730_000), blog.findPosts(2)])).toMatchQuerySnapshot(
        place(`${driver} beside`),
      ))

    runner.atOnce?.('tests at once', {
      one: (own) => own(() => blog.findPosts(1)).toMatchQuerySnapshot(place(`${driver} one`)),
      two: (own) => own(() => blog.listPostsTogether(2)).toMatchQuerySnapshot(place(`${driver} two`)),
    })

    if (!isChanged) test('that is taken out', () => expect(() => list(1)).toMatchQuerySnapshot(place(`${driver} out`)))
  })
}
