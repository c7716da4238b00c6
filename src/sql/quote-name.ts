import type { Dialect } from '../model/statement.ts'

/** Words that are no names without quotes, in one dialect or another. Quoting one too many harms nobody. */
const RESERVED: ReadonlySet<string> = new Set(
  `add all alter analyse analyze and any array as asc asymmetric authorization autoincrement between both by case cast
  check collate column commit condition constraint create cross current current_date current_time current_timestamp
  current_user database default deferrable delete desc describe distinct div do drop each else end escape except
  exists explain false fetch for force foreign freeze from full fulltext function grant group groups having if ignore
  ilike in index initially inner insert intersect interval into is isnull join key keys kill lateral leading left like
  limit lines load localtime localtimestamp lock match mod natural not nothing notnull null of offset on only option
  or order outer over overlaps partition placing primary procedure range rank read references regexp rename replace
  require restrict returning right row rows schema select session_user set show similar some sql symmetric system
  table tablesample then to trailing transaction trigger true union unique unlock unsigned update usage use user using
  values variadic verbose when where while window with write`.split(/\s+/),
)

/** Those beside them that MySQL or MariaDB reserve, and that a column may well be called. */
const RESERVED_BY_MYSQL: ReadonlySet<string> = new Set(
  `before binary blob call cascade change char character continue cube cursor databases dec decimal declare delayed
  double drop dual empty escaped exit float force generated get hour_second infile int integer iterate keys lag
  last_value lead leave linear long loop maxvalue modifies optimize option optionally out outfile period purge reads
  recursive release repeat resignal return revoke rlike row_number schemas separator signal spatial ssl starting stored
  straight_join terminated undo varchar virtual write xor zerofill`.split(/\s+/),
)

/** PostgreSQL reads what is not in quotes in lower case. */
const PLAIN_IN_LOWER_CASE = /^[a-z_][a-z0-9_$]*$/
const PLAIN = /^[a-z_][a-z0-9_$]*$/i

/** A name as a statement wants it: in quotes only where it must be. */
export function quoteName(name: string, dialect: Dialect): string {
  const isPlain = (dialect === 'postgresql' ? PLAIN_IN_LOWER_CASE : PLAIN).test(name)
  const word = name.toLowerCase()
  const isReserved = RESERVED.has(word) || (dialect === 'mysql' && RESERVED_BY_MYSQL.has(word))
  if (isPlain && !isReserved) return name
  return dialect === 'mysql' ? backquoted(name) : quoted(name)
}

/** A name in the quotes of the standard, whatever it is: what no list of words can be wrong about. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A name in those of MySQL and MariaDB. */
export function backquoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}
