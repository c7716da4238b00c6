import { marked } from 'marked'
import { describe, expect, test } from 'vitest'
import { markdown, renderMarkdown } from '../../src/reporters/markdown.ts'
import { codeBlock, codeCell, codeSpan, escapeHtml, escapeMarkdown } from '../../src/reporters/markdown-text.ts'
import { comparedReport, context, cwd, emptyReport, fullReport, postsScope, reportOf, sequential } from './fixtures.ts'
import { expectGolden } from './golden.ts'

const nasty =
  '| a `b` ``c`` </details></table><script>alert(1)</script> <!-- x @octocat @acme/team #12 [l](javascript:1) ![i](x) ' +
  '**b** _i_ ~~s~~ &lt; \\| \\` $x$ ---'

const nastyReport = reportOf(
  [
    {
      ...sequential,
      title: nasty,
      explanation: nasty,
      identity: nasty,
      docs: nasty,
      scope: { id: 's1', name: nasty },
      statement: { ...sequential.statement, fingerprint: nasty },
      advice: {
        summary: nasty,
        rewrite: { text: `${nasty}\n\`\`\`\`\n</pre>`, verified: true },
        orm: { name: 'typeorm', call: nasty },
      },
    },
  ],
  [{ ...postsScope, name: nasty }],
)

/** As GitHub reads it: tables are on, and HTML is left in. */
const htmlOf = (text: string) => marked.parse(text, { gfm: true, async: false }) as string

/** What a reader sees of HTML outside of code. */
const seenIn = (html: string) =>
  html
    .replaceAll(/<(code|pre)[^>]*>.*?<\/\1>/gs, '')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))

const crowd = (count: number) =>
  reportOf(
    Array.from({ length: count }, (_, index) => ({
      ...sequential,
      identity: `n-plus-one:${index}`,
      durationMs: count - index,
    })),
  )

describe('the Markdown reporter', () => {
  test('writes what a comment on a pull request shows', () => {
    expectGolden('markdown.md', markdown(fullReport, context))
  })

  test('begins with what a workflow finds its comment by', () => {
    expect(markdown(emptyReport, context)).toMatch(
      /^<!-- nonplus -->\n### nonplus: No statements were seen: nothing was judged\.\n/,
    )
  })

  test('has a row per scope name, however it is named', () => {
    const html = htmlOf(markdown(nastyReport, context))
    expect(html.match(/<tr>/g)).toHaveLength(2)
    expect(html.match(/<t[hd][ >]/g)).toHaveLength(10)
    const wide = Array.from({ length: 30 }, (_, index) => ({ ...postsScope, name: `GET /${'x'.repeat(200)}/${index}` }))
    const many = markdown(reportOf([], wide), context)
    expect(htmlOf(many).match(/<tr>/g)).toHaveLength(21)
    expect(many).toContain('\n10 more\n')
  })

  test('lets nothing of the application be markup, HTML or a mention', () => {
    const html = htmlOf(markdown(nastyReport, context))
    const tags = new Set([...html.matchAll(/<\/?([a-z][a-z0-9]*)/g)].map(([, tag]) => tag))
    expect([...tags].sort()).toEqual([
      'b',
      'code',
      'details',
      'h3',
      'li',
      'p',
      'pre',
      'strong',
      'summary',
      'table',
      'tbody',
      'td',
      'th',
      'thead',
      'tr',
      'ul',
    ])
    expect(html.match(/<\/?details>/g)).toEqual(['<details>', '</details>'])
    expect(seenIn(html)).not.toMatch(/@(?=\w)|#(?=\d)/)
    expect(seenIn(html)).toContain('**b** _i_ ~~s~~')
    expect([...html.matchAll(/<strong>(.*?)<\/strong>/g)].map(([, label]) => label)).toEqual([
      'statement',
      'proof',
      'fix',
      'typeorm',
      'docs',
      'identity',
    ])
  })

  test('shows the rewrite as SQL, whatever fences are in it', () => {
    const [code] = [...htmlOf(markdown(nastyReport, context)).matchAll(/<code class="language-sql">(.*?)<\/code>/gs)]
    expect(code?.[1]).toMatch(/^\| a `b` ``c`` &lt;\/details&gt;.*\n````\n&lt;\/pre&gt;\n$/)
  })

  test('leaves findings that a baseline tolerates to a count', () => {
    const text = markdown(comparedReport, context)
    expect(text).toContain('### nonplus: 2 errors, 1 warning, 1 info in 4 scopes, 2 in the baseline\n')
    expect(text.match(/<details>/g)).toHaveLength(4)
  })
})

describe('a limit', () => {
  test('of GitHub for comments is kept by leaving out whole findings, the lightest first', () => {
    const text = markdown(crowd(2_000), context)
    expect(text.length).toBeLessThanOrEqual(65_536)
    expect(text.length).toBeGreaterThan(60_000)
    const shown = [...text.matchAll(/\*\*identity\*\* `n-plus-one:(\d+)`/g)].map(([, index]) => Number(index))
    expect(shown).toEqual(shown.map((_, index) => index))
    expect(text.match(/<\/details>/g)).toHaveLength(shown.length)
    expect(text).toContain(`\n${(2_000 - shown.length).toLocaleString('en-US')} findings more are left out here.\n`)
  })

  test.each([0, 10, 300, 900, 5_000])('of %i characters', (limit) => {
    const text = renderMarkdown(fullReport, context, ({ length }) => length <= limit)
    expect(text.length).toBeLessThanOrEqual(Math.max(limit, 900))
    expect(text).toContain('3 errors')
  })

  test('holds for warnings that grow when they are escaped', () => {
    const report = reportOf([sequential])
    const warnings = Array.from({ length: 3_000 }, () => '@a'.repeat(2_000))
    const text = markdown({ ...report, coverage: { ...report.coverage, warnings } }, context)
    expect(text.length).toBeLessThanOrEqual(65_536)
  })
})

describe('text in Markdown', () => {
  test('reads as it is', () => {
    for (const text of [
      nasty,
      '|1',
      '&#12',
      'a*b*c',
      'snake_case_name',
      '1 < 2 && 3 > 2',
      'a\\b',
      '<b>x</b>',
      '&amp;',
    ]) {
      const shown = (html: string) =>
        html
          .replaceAll(/<\/?(p|code)>/g, '')
          .replaceAll('\u200b', '')
          .replaceAll('&#8203;', '')
          .replaceAll('&#124;', '|')
          .replaceAll('&lt;', '<')
          .replaceAll('&gt;', '>')
          .replaceAll('&quot;', '"')
          .replaceAll('&#39;', "'")
          .replaceAll('&amp;', '&')
          .trim()
      expect(shown(htmlOf(escapeMarkdown(text)))).toBe(text)
      expect(shown(htmlOf(codeSpan(text)))).toBe(text)
      expect(shown(escapeHtml(text))).toBe(text)
    }
  })

  test('a cell escapes its pipes, a span does not', () => {
    expect([codeCell('a|b'), codeSpan('a|b'), codeSpan('`a`'), codeSpan('')]).toEqual([
      '<code>a&#124;b</code>',
      '`a|b`',
      '`` `a` ``',
      '',
    ])
  })

  test('a fence is longer than what it holds', () => {
    expect(codeBlock(['````', 'a'], 'sql')).toEqual(['`````sql', '````', 'a', '`````'])
  })

  test('no path is absolute', () => {
    expect(markdown(fullReport, context)).not.toContain(cwd)
  })
})
