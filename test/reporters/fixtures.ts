import { readFileSync } from 'node:fs'
import { applyBaseline } from '../../src/baseline.ts'
import type { Baseline } from '../../src/model/baseline.ts'
import type { DuplicateQueryFinding, Finding, NPlusOneFinding } from '../../src/model/finding.ts'
import type { Report, ReportScope } from '../../src/model/report.ts'
import type { Frame } from '../../src/model/trace.ts'
import type { ReporterContext } from '../../src/reporters/reporter.ts'

/** Where the blog of these reports lived; its sources are in `sources/`. */
export const cwd = '/srv/blog'

const sources = new Map<string, string>()

for (const name of ['posts', 'feed', 'threads', 'settings']) {
  const text = readFileSync(new URL(`sources/${name}.ts`, import.meta.url), 'utf8')
  sources.set(`${cwd}/src/${name}.ts`, text.replaceAll('\r\n', '\n'))
}

export const context: ReporterContext = { color: false, width: 100, cwd, sourceOf: (file) => sources.get(file) }

/** The place of a piece of code in a file of the blog; its last line where it occurs twice and `nth` says so. */
export function frameAt(name: string, code: string, enclosing: string, nth = 1): Frame {
  const file = `${cwd}/src/${name}.ts`
  const text = sources.get(file) ?? ''
  let index = -1
  for (let found = 0; found < nth; found++) index = text.indexOf(code, index + 1)
  if (index < 0) throw new Error(`${name}.ts has no ${code}`)
  const before = text.slice(0, index).split('\n')
  return { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1, function: enclosing }
}

export const server: Frame = { file: `${cwd}/src/server.ts`, line: 31, column: 18, function: 'handleRequest' }
const docs = 'https://nonplus.dev/kinds'

export const sequential: NPlusOneFinding = {
  kind: 'n-plus-one',
  confidence: 'proven',
  severity: 'error',
  identity: 'n-plus-one:1f0c9a7be3d25a04',
  scope: { id: 's1', name: 'GET /posts' },
  title: '50 × SELECT users',
  explanation:
    'All 50 values of users.id came from posts.author_id, in the 50 rows read at /srv/blog/src/posts.ts:5, ' +
    'and each was looked up by a statement of its own.',
  docs: `${docs}/n-plus-one`,
  callSite: frameAt('posts', "db.query('select id, name", 'renderPosts'),
  frames: [frameAt('posts', "db.query('select id, name", 'renderPosts'), server],
  statement: {
    fingerprint: 'select id, name from users where id = ?',
    text: 'select id, name from users where id = $1',
    summary: 'SELECT users',
    tables: ['users'],
  },
  count: 50,
  distinctParameters: 50,
  durationMs: 41.2,
  rows: 50,
  concurrent: false,
  parent: {
    fingerprint: 'select id, title, author_id from posts order by id desc limit ?',
    summary: 'SELECT posts',
    column: 'author_id',
    rows: 50,
    executions: 1,
    coverage: 1,
    callSite: frameAt('posts', "db.query('select id, title", 'listPosts'),
  },
  growth: { perParentRow: 1, constant: 1 },
  advice: {
    summary: 'Read the users of all posts with one statement before the loop.',
    rewrite: { text: 'select id, name from users where id = any($1)', verified: true },
    orm: { name: 'typeorm', call: 'relations: { author: true }' },
  },
  executions: [1, 2, 3],
}

export const concurrent: NPlusOneFinding = {
  ...sequential,
  identity: 'n-plus-one:77ab01cd23ef4567',
  scope: { id: 's2', name: 'GET /feed' },
  title: '1,200 × SELECT comments',
  explanation: 'All 1,200 values of comments.post_id came from posts.id, and the statements ran side by side.',
  callSite: frameAt('feed', "db.query('select * from comments", ''),
  frames: [frameAt('feed', "db.query('select * from comments", ''), frameAt('feed', 'posts.map', 'loadFeed'), server],
  statement: {
    fingerprint: 'select * from comments where post_id = ?',
    text: 'select * from comments where post_id = $1',
    summary: 'SELECT comments',
    tables: ['comments'],
  },
  count: 1200,
  distinctParameters: 1200,
  durationMs: 8123.4,
  rows: 5210,
  concurrent: true,
  parent: {
    fingerprint: 'select id, title from posts where published',
    summary: 'SELECT posts',
    column: 'id',
    rows: 1200,
    executions: 1,
    coverage: 1,
    callSite: frameAt('feed', "db.query('select id, title", 'loadFeed'),
  },
  advice: {
    summary: 'Read the comments of all posts with one statement and group them by post_id.',
    rewrite: { text: 'select * from comments where post_id = any($1)', verified: false },
  },
  alternatives: { now: 8123.4, batched: 60.2, indexed: 210, both: 8.9 },
}

export const nested: NPlusOneFinding = {
  ...sequential,
  identity: 'n-plus-one:0badcafe0badcafe',
  scope: { id: 's3', name: 'threads of the day' },
  callSite: frameAt('threads', "db.query('select * from users", 'loadThreads'),
  frames: [frameAt('threads', "db.query('select * from users", 'loadThreads')],
  explanation: 'All 50 values of users.id came from comments.author_id.',
  parent: {
    fingerprint: 'select * from comments where post_id = ?',
    summary: 'SELECT comments',
    column: 'author_id',
    rows: 50,
    executions: 10,
    coverage: 1,
    callSite: frameAt('threads', "db.query('select * from comments", 'loadThreads'),
    parent: {
      fingerprint: 'select id from posts limit ?',
      summary: 'SELECT posts',
      column: 'id',
      rows: 10,
      executions: 1,
      coverage: 1,
      callSite: frameAt('threads', "db.query('select id from posts", 'loadThreads'),
    },
  },
  growth: { perParentRow: 1, constant: 11 },
  companions: [
    {
      statement: {
        fingerprint: 'select ? from bans where user_id = ?',
        text: '',
        summary: 'SELECT bans',
        tables: ['bans'],
      },
      count: 50,
    },
  ],
}

const { parent: _, growth: __, ...rootless } = sequential

export const likely: NPlusOneFinding = {
  ...rootless,
  confidence: 'likely',
  severity: 'warning',
  identity: 'n-plus-one:5eed5eed5eed5eed',
  distinctParameters: 38,
  explanation: 'The same line ran the same statement with 38 different values.',
  advice: { summary: 'Read the users with one statement before the loop.' },
}

export const duplicate: DuplicateQueryFinding = {
  kind: 'duplicate-query',
  confidence: 'proven',
  severity: 'warning',
  identity: 'duplicate-query:d0d0d0d0d0d0d0d0',
  scope: { id: 's1', name: 'GET /posts' },
  title: '3 × SELECT settings',
  explanation: 'The same parameters gave the same rows three times, and nothing was written to settings in between.',
  docs: `${docs}/duplicate-query`,
  callSite: frameAt('settings', 'db.query', 'readTheme'),
  frames: [frameAt('settings', 'db.query', 'readTheme'), server],
  statement: {
    fingerprint: 'select * from settings where site = ?',
    text: 'select * from settings where site = $1',
    summary: 'SELECT settings',
    tables: ['settings'],
  },
  count: 3,
  durationMs: 2.31,
  rows: 3,
  concurrent: false,
  rowsEqual: true,
  otherCallSites: [frameAt('settings', 'db.query', 'readLanguage', 2)],
  advice: { summary: 'Read settings once and pass it on.' },
  executions: [7, 8, 9],
}

export const info: DuplicateQueryFinding = {
  ...duplicate,
  confidence: 'likely',
  severity: 'info',
  identity: 'duplicate-query:1111111111111111',
  title: '2 × SELECT settings',
  count: 2,
  durationMs: 0.84,
  rowsEqual: false,
}

export const postsScope: ReportScope = {
  id: 's1',
  name: 'GET /posts',
  kind: 'request',
  startedAt: '2026-11-20T10:00:00.000Z',
  durationMs: 67.2,
  queries: { count: 54, durationMs: 48.1, rows: 106 },
  attributes: { 'http.route': '/posts' },
}

export const feedScope: ReportScope = {
  ...postsScope,
  id: 's2',
  name: 'GET /feed',
  startedAt: '2026-11-20T10:00:01.000Z',
  durationMs: 2410,
  queries: { count: 1201, durationMs: 8130.25, rows: 6410 },
  attributes: { 'http.route': '/feed' },
}

export const threadsScope: ReportScope = {
  ...postsScope,
  id: 's3',
  name: 'threads of the day',
  kind: 'job',
  startedAt: '2026-11-20T10:00:02.000Z',
  durationMs: 95.5,
  queries: { count: 111, durationMs: 61, rows: 160 },
  attributes: {},
}

/** A report about some findings, with all that belongs to them. */
export function reportOf(findings: readonly Finding[], scopes: readonly ReportScope[] = [postsScope]): Report {
  const seen = scopes.reduce((sum, scope) => sum + scope.queries.count, 0)
  return {
    version: 1,
    tool: { name: 'nonplus', version: '0.1.0' },
    scopes,
    findings,
    coverage: {
      seen,
      attributed: seen,
      withCallSite: seen,
      drivers: [{ name: 'pg', version: '8.23.1', via: 'patch' }],
      warnings: [],
    },
  }
}

export const emptyReport: Report = {
  ...reportOf([], []),
  coverage: {
    seen: 0,
    attributed: 0,
    withCallSite: 0,
    drivers: [{ name: 'mysql2', version: '3.24.5', via: 'none' }],
    warnings: [
      'pg was loaded before nonplus at /srv/blog/src/server.ts:1. Preload nonplus: node --import nonplus/register.',
    ],
  },
}

/** Everything at once: every kind, repeated identities, gaps in the coverage. */
export const fullReport: Report = {
  ...reportOf(
    [
      sequential,
      duplicate,
      info,
      concurrent,
      nested,
      { ...sequential, scope: { id: 's4', name: 'GET /posts' }, durationMs: 39.7 },
      { ...likely, scope: { id: 's4', name: 'GET /posts' } },
    ],
    [
      postsScope,
      feedScope,
      threadsScope,
      {
        ...postsScope,
        id: 's4',
        startedAt: '2026-11-20T10:00:03.000Z',
        queries: { count: 51, durationMs: 44, rows: 100 },
      },
    ],
  ),
  coverage: {
    seen: 1430,
    attributed: 1417,
    withCallSite: 1402,
    drivers: [
      { name: 'pg', version: '8.23.1', via: 'patch' },
      { name: 'mysql2', version: '3.24.5', via: 'none' },
    ],
    warnings: ['13 statements ran outside every scope.'],
  },
}

/** Tolerates two findings of the full report, and two that it has not. */
export const baseline: Baseline = {
  version: 1,
  findings: [
    {
      identity: duplicate.identity,
      kind: 'duplicate-query',
      reason: 'The theme is read per widget; settings are cached from version 3 on.',
      where: { file: 'src/settings.ts', function: 'readTheme' },
      statement: 'SELECT settings',
      count: 3,
    },
    {
      identity: 'n-plus-one:00000000deadbeef',
      kind: 'n-plus-one',
      reason: 'was there when the baseline was written',
      where: { file: 'src/tags.ts', function: '' },
      statement: 'SELECT tags',
      count: 12,
    },
    {
      identity: sequential.identity,
      kind: 'n-plus-one',
      reason: 'Fifty posts at most.',
      where: { file: 'src/posts.ts', function: 'renderPosts' },
      statement: 'SELECT users',
      count: 50,
    },
  ],
}

export const comparedReport: Report = applyBaseline(fullReport, baseline)
