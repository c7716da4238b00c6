// biome-ignore lint/suspicious/noExplicitAny: tedious's own objects
type Any = any

/** What a request asks. */
export interface Question {
  readonly text: string
  readonly parameters: readonly unknown[] | undefined
}

/** Texts behind the handles of prepared statements, by connection: mssql prepares by calling procedures itself. */
const preparedTexts = new WeakMap<object, Map<unknown, string>>()

/** @returns undefined where it only prepares: that is no question yet. */
export function questionOf(connection: object, method: string, request: Any, given: Any): Question | undefined {
  const text = request.sqlTextOrProcedure
  switch (method) {
    case 'prepare':
    case 'unprepare':
      return undefined
    case 'execBulkLoad':
      return { text: String(request.getBulkInsertSql()), parameters: undefined }
    case 'execute':
      return { text: String(text), parameters: given === undefined ? undefined : [given] }
    case 'callProcedure':
      return procedureOf(connection, request)
    default:
      return { text: String(text), parameters: parametersOf(request.parameters) }
  }
}

function procedureOf(connection: object, request: Any): Question | undefined {
  const name = String(request.sqlTextOrProcedure)
  const parameters: readonly Any[] = request.parameters
  if (name === 'sp_unprepare') return undefined
  if (name === 'sp_prepare' || name === 'sp_execute') {
    const handle = valueNamed(parameters, 'handle')
    if (name === 'sp_execute') {
      const text = preparedTexts.get(connection)?.get(handle) ?? name
      return { text, parameters: parametersOf(parameters.filter((parameter) => parameter.name !== 'handle')) }
    }
    const text = String(valueNamed(parameters, 'stmt'))
    request.on('returnValue', (returned: string, value: unknown) => {
      if (returned === 'handle') textsOf(connection).set(value, text)
    })
    return undefined
  }
  const names = parameters.filter(({ output }) => !output).map((parameter) => `@${parameter.name}`)
  return { text: `exec ${name} ${names.join(', ')}`.trim(), parameters: parametersOf(parameters) }
}

/** Prepared statements a connection keeps in mind; more are those that were never unprepared. */
const MAX_PREPARED = 1_000

function textsOf(connection: object): Map<unknown, string> {
  let texts = preparedTexts.get(connection)
  if (texts === undefined || texts.size >= MAX_PREPARED) {
    texts = new Map()
    preparedTexts.set(connection, texts)
  }
  return texts
}

function valueNamed(parameters: readonly Any[], name: string): unknown {
  return parameters.find((parameter) => parameter.name === name)?.value
}

/** Named values, as one object. */
function parametersOf(parameters: readonly Any[]): readonly unknown[] | undefined {
  if (parameters.length === 0) return undefined
  return [Object.fromEntries(parameters.map(({ name, value }) => [name, value]))]
}
