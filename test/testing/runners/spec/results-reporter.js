/** Reporter of node:test: a line of JSON for each test, by its full name. */
export default async function* results(events) {
  const names = []
  for await (const { type, data } of events) {
    if (type === 'test:start') names.length = data.nesting
    if (type === 'test:start') names[data.nesting] = data.name
    if (type !== 'test:pass' && type !== 'test:fail') continue
    if (data.details.type === 'suite') continue
    const error = data.details.error?.cause ?? data.details.error
    const message = error === undefined ? '' : (error.stack ?? String(error))
    const path = [...names.slice(0, data.nesting), data.name]
    yield `${JSON.stringify({ file: data.file, path, status: type === 'test:pass' ? 'passed' : 'failed', message })}\n`
  }
}
