import { describe, expect, test } from 'vitest'
import { nPlusOne } from '../../src/detectors/n-plus-one.ts'
import { traceOf } from '../trace-of.ts'

function callOf(text: string, orm?: string): string | undefined {
  const trace = traceOf(text, orm === undefined ? {} : { orm })
  const [finding, ...others] = nPlusOne.detect(trace, nPlusOne.defaults)
  expect(others).toEqual([])
  if (finding?.advice.orm !== undefined) expect(finding.advice.orm.name).toBe(orm)
  return finding?.advice.orm?.call
}

const toOne = `
  posts.ts:10 | select * from blog.posts | [] | id=1,2 author_id=7,8
  posts.ts:24 | select * from blog.users where id = $1 | [7] | id=7
  posts.ts:24 | select * from blog.users where id = $1 | [8] | id=8
`

const toMany = `
  posts.ts:10 | select * from posts | [] | id=1001,1002
  posts.ts:24 | select * from post_comments where post_id = $1 | [1001] | id=7
  posts.ts:24 | select * from post_comments where post_id = $1 | [1002] | id=8
`

const counts = toMany.replaceAll('select * from post_comments', 'select count(*) from post_comments')

const calls: Record<string, readonly [one: string, many: string, count: string]> = {
  activerecord: ['includes(:author)', 'includes(:post_comments)', 'group(:post_id).count'],
  bookshelf: ["withRelated: ['author']", "withRelated: ['postComments']", ".query('groupBy', 'post_id')"],
  django: ["select_related('author')", "prefetch_related('post_comments')", "annotate(Count('post_comments'))"],
  drizzle: [
    'with: { author: true }, or inArray(users.id, [...])',
    'with: { postComments: true }, or inArray(postComments.postId, [...])',
    '.groupBy(postComments.postId)',
  ],
  knex: [".whereIn('id', [...])", ".whereIn('post_id', [...])", ".whereIn('post_id', [...]).groupBy('post_id')"],
  kysely: [".where('id', 'in', [...])", ".where('post_id', 'in', [...])", ".groupBy('post_id')"],
  'mikro-orm': ["populate: ['author']", "populate: ['postComments']", "em.populate(rows, ['postComments'])"],
  objection: [".withGraphFetched('author')", ".withGraphFetched('postComments')", ".groupBy('post_id')"],
  prisma: [
    'include: { author: true }',
    'include: { postComments: true }',
    'include: { _count: { select: { postComments: true } } }',
  ],
  sequelize: ["include: 'author'", "include: [{ association: 'postComments', separate: true }]", "group: ['post_id']"],
  slonik: [`id = ANY(\${sql.array([...], 'int4')})`, `post_id = ANY(\${sql.array([...], 'int4')})`, 'GROUP BY post_id'],
  sqlalchemy: ['joinedload(Post.author)', 'selectinload(Post.post_comments)', 'group_by(post_id)'],
  typeorm: [
    'relations: { author: true }',
    'relations: { postComments: true }',
    "loadRelationCountAndMap('post.postCommentsCount', 'post.postComments')",
  ],
}

describe('the call of the ORM that loads at once what was loaded row by row', () => {
  test.each(Object.entries(calls))('%s', (orm, expected) => {
    expect([toOne, toMany, counts].map((text) => callOf(text, orm))).toEqual(expected)
  })

  test('none where no ORM was on the stack, or one that is not known', () => {
    expect([callOf(toOne), callOf(toOne, 'homegrown')]).toEqual([undefined, undefined])
  })

  test('of what belongs to the rows, where the ORM reads the rows themselves again first', () => {
    const again = (id: number) => `
      posts.ts:24 | select id from posts where id = $1 | [${id}] | id=${id}
      posts.ts:24 | select * from comments where post_id = $1 | [${id}] | id=7`
    const list = 'posts.ts:10 | select * from posts | [] | id=1001,1002'
    expect(callOf(`${list} ${again(1001)} ${again(1002)}`, 'prisma')).toBe('include: { comments: true }')
    const alone = `${list} ${again(1001)} ${again(1002)}`.replaceAll(/\n.*comments.*/g, '')
    expect(callOf(alone, 'prisma')).toBeUndefined()
  })

  test('none where a tree is walked: the relation leads to itself', () => {
    const text = `
      tree.ts:3 | select * from nodes where parent_id = $1 | [1001] | id=1002
      tree.ts:3 | select * from nodes where parent_id = $1 | [1002] | id=1003
      tree.ts:3 | select * from nodes where parent_id = $1 | [1003] | id=1004
      tree.ts:3 | select * from nodes where parent_id = $1 | [1004] | 0 rows
    `
    expect(callOf(text, 'typeorm')).toBeUndefined()
  })
})

describe('TypeORM, which names columns itself', () => {
  const posts = 'select `Post`.`id` AS `Post_id`, `Post`.`author_id` AS `Post_author_id` FROM `posts` `Post`'
  const toAuthor = `
    posts.ts:10 | ${posts} | [] | Post_id=1,2 Post_author_id=7,8
    posts.ts:24 | select \`Author\`.\`id\` AS \`Author_id\` FROM \`authors\` \`Author\` WHERE ((\`Author\`.\`id\` = ?)) | [7] | Author_id=7
    posts.ts:24 | select \`Author\`.\`id\` AS \`Author_id\` FROM \`authors\` \`Author\` WHERE ((\`Author\`.\`id\` = ?)) | [8] | Author_id=8
  `
  const join =
    'select `writer`.`id` AS `writer_id` FROM `authors` `writer` INNER JOIN `posts` `Post` ON `Post`.`author_id` = `writer`.`id` WHERE `Post`.`id` IN (?)'
  const lazy = `
    posts.ts:10 | ${posts} | [] | Post_id=1001,1002 Post_author_id=7,8
    posts.ts:24 | ${join} | [1001] | writer_id=7
    posts.ts:24 | ${join} | [1002] | writer_id=8
  `
  const findingOf = (text: string) => {
    const [finding] = nPlusOne.detect(traceOf(text, { dialect: 'mysql', orm: 'typeorm' }), nPlusOne.defaults)
    return [finding?.explanation, finding?.parent?.column, finding?.advice.orm?.call]
  }

  test('columns are told as the table calls them', () => {
    expect(findingOf(toAuthor)).toEqual([
      'All 2 values of authors.id came from posts.author_id in the 2 rows read at posts.ts:10.',
      'author_id',
      'relations: { author: true }',
    ])
  })

  test('an expression has no column behind it', () => {
    expect(findingOf(toAuthor.replace('`Post`.`author_id` AS', '`Post`.`id` + `Post`.`author_id` AS'))[1]).toBe(
      'Post_author_id',
    )
  })

  test('a lazy relation is looked up by the key of its parent, and called as the model does', () => {
    expect(findingOf(lazy)).toEqual([
      'All 2 values of posts.id came from posts.id in the 2 rows read at posts.ts:10.',
      'id',
      'relations: { writer: true }',
    ])
  })
})
