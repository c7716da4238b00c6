const QUALIFIER = '["`[]?[\\w$]+["`\\]]?\\.'

/**
 * The column that stands behind a name in a result: `author_id` for `Post_author_id` where the statement reads
 * `"Post"."author_id" AS "Post_author_id"`, as ORMs write it. The name itself where it is no alias of a plain column.
 *
 * @param text of the statement, literals left out.
 */
export function selectedColumn(text: string, name: string): string {
  // most statements have no alias of that name, and a pattern is dear to make
  if (!text.includes(name) || !/\sas\s/i.test(text)) return name
  const alias = new RegExp(
    `(?:\\bselect\\s+(?:distinct\\s+)?|,\\s*)(?:${QUALIFIER})*["\`[]?([a-z_$][\\w$]*)["\`\\]]?\\s+as\\s+${quotable(name)}(?![\\w$"\`])`,
    'i',
  )
  const column = alias.exec(text)?.[1]
  return column === undefined || /^(null|true|false)$/i.test(column) ? name : column
}

/** What the first table of a statement is called in it: `author` for `FROM "authors" "author"`. */
export function aliasOfTable(text: string): string | undefined {
  const named = /\sfrom\s+(?:["`[]?[\w$]+["`\]]?\.)*["`[]?[\w$]+["`\]]?\s+(?:as\s+)?["`[]([\w$]+)["`\]]/i.exec(text)
  return named?.[1]
}

/** True where a statement looks rows up by a column of one of the tables it joins: `… JOIN posts p … WHERE p.id IN (?)`. */
export function isLookedUpBy(text: string, table: string, column: string): boolean {
  const joined = new RegExp(`\\sjoin\\s+(?:${QUALIFIER})*${quotable(table)}(?:\\s+(?:as\\s+)?["\`[]?([\\w$]+))?`, 'i')
  const found = joined.exec(text)
  if (found === null) return false
  const [, alias] = found
  const name = alias === undefined || /^(on|using|where|inner|left|right|join|cross)$/i.test(alias) ? table : alias
  return new RegExp(`${quotable(name)}\\.${quotable(column)}\\s*(?:=|in\\b)\\s*[(?$:@]`, 'i').test(text)
}

function quotable(name: string): string {
  return `["\`[]?${name.replace(/[^\w]/g, '\\$&')}["\`\\]]?`
}
