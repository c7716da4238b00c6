/** Statements per request, each awaited before the next one is sent. */
export const STATEMENTS = 20

/**
 * What a window of the benchmark runs. `findings` is how many a request must lead to. `mark` is part of an alias in
 * every text, so that each statement can be told to be of this request; it is used by the checks only.
 */
export const workloads = [
  {
    name: 'distinct',
    title: 'Stub: 20 distinct constant statements',
    transport: 'stub',
    requests: 200,
    findings: 0,
    run: runDistinct,
  },
  {
    name: 'n-plus-one',
    title: 'Stub: N+1, a parent of 100 rows and 19 children with its values',
    transport: 'stub',
    requests: 200,
    findings: 1,
    run: runNPlusOne,
  },
  {
    name: 'fresh',
    title: 'Stub: 20 texts of about 600 bytes, put together from about 40 pieces at each call, as ORMs do',
    transport: 'stub',
    requests: 200,
    findings: 0,
    run: runFresh,
  },
  {
    name: 'server-client',
    title: 'PostgreSQL: 20 prepared primary-key selects on a connection of its own',
    transport: 'client',
    requests: 40,
    findings: 0,
    run: runPrepared,
  },
  {
    name: 'server-n-plus-one',
    title: 'PostgreSQL: N+1 on a connection of its own',
    transport: 'client',
    requests: 40,
    findings: 1,
    run: runNPlusOne,
  },
  {
    name: 'server-pool',
    title: 'PostgreSQL: 20 prepared primary-key selects through a pool of 10, 50 requests at a time',
    transport: 'pool',
    requests: 100,
    concurrency: 50,
    findings: 0,
    run: runPrepared,
  },
]

/** What is measured on mysql2, under OpenTelemetry only. */
export const mysqlWorkloads = [
  {
    name: 'mysql-connection',
    title: 'MariaDB or MySQL: 20 prepared primary-key selects of mysql2 on a connection of its own',
    transport: 'mysql',
    requests: 40,
    findings: 0,
    run: runExecuted,
  },
]

// A literal would not make them distinct: it is no part of a statement's shape. The alias is.
const distinctTexts = Array.from(
  { length: STATEMENTS },
  (_, index) => `select id, name as n${index} from authors where id = $1`,
)

async function runDistinct(db, request, mark) {
  const answers = []
  for (const text of distinctTexts) answers.push(await find(db, marked(text, mark), [(request % 100) + 1]))
  return answers
}

const parentText = 'select id, author_id, title as t from posts order by id limit 100'
const childText = 'select id, name as n from authors where id = $1'

async function runNPlusOne(db, _request, mark) {
  const posts = await find(db, marked(parentText, mark))
  const answers = [posts]
  for (let row = 0; row < STATEMENTS - 1; row++) {
    answers.push(await find(db, marked(childText, mark), [posts.rows[row].author_id]))
  }
  return answers
}

async function runFresh(db, request, mark) {
  const answers = []
  for (let index = 0; index < STATEMENTS; index++) {
    answers.push(await find(db, buildText(index, mark), [request, index]))
  }
  return answers
}

const columns = [
  'id',
  'title',
  'slug',
  'body',
  'author_id',
  'created_at',
  'updated_at',
  'published_at',
  'views',
  'state',
]

/** The same twenty texts each time, but never the same string: V8 must hash each one again. */
function buildText(index, mark = '') {
  const table = `t${index}${mark}`
  let text = 'select '
  for (let column = 0; column < columns.length; column++) {
    if (column > 0) text += ', '
    text += `"${table}"."${columns[column]}"`
    text += ` as "${table}_${columns[column]}"`
  }
  for (const column of ['id', 'name', 'state']) text += `, "author"."${column}" as "${table}_author_${column}"`
  text += ` from "posts" as "${table}"`
  text += ` left join "authors" as "author" on "author"."id" = "${table}"."author_id"`
  text += ` where "${table}"."id" = $1`
  text += ` and "author"."state" = $2`
  text += ' limit 1'
  return text
}

const preparedStatements = Array.from({ length: STATEMENTS }, (_, index) => ({
  name: `item${index}`,
  text: `select id, name as n${index} from items where id = $1`,
}))

async function runPrepared(db, request, mark) {
  const answers = []
  for (let index = 0; index < STATEMENTS; index++) {
    const { name, text } = preparedStatements[index]
    const values = [((request * STATEMENTS + index) % 10_000) + 1]
    const statement = mark === undefined ? { name, text, values } : { text: marked(text, mark), values }
    answers.push(await find(db, statement))
  }
  return answers
}

const executedTexts = preparedStatements.map(({ text }) => text.replace('$1', '?'))

async function runExecuted(db, request, mark) {
  const answers = []
  for (let index = 0; index < STATEMENTS; index++) {
    answers.push(await find(db, marked(executedTexts[index], mark), [((request * STATEMENTS + index) % 10_000) + 1]))
  }
  return answers
}

function marked(text, mark) {
  return mark === undefined ? text : text.replace(' as ', ` as ${mark}`)
}

// Statements of an application come out of a few layers: six synchronous frames each.
function find(db, text, values) {
  return findInRepository(db, text, values)
}

function findInRepository(db, text, values) {
  return findInSession(db, text, values)
}

function findInSession(db, text, values) {
  return execute(db, text, values)
}

function execute(db, text, values) {
  return dispatch(db, text, values)
}

function dispatch(db, text, values) {
  return send(db, text, values)
}

function send(db, text, values) {
  return db.query(text, values)
}
