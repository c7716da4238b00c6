/** Spans as sorted lines without ids and times: name, text, the request at the root, names of attributes, error. */
exports.summarize = function summarize(spans) {
  const byId = new Map(spans.map((span) => [span.id, span]))
  return spans.map((span) => {
    let root = span
    while (byId.has(root.parent)) root = byId.get(root.parent)
    return [span.name, span.text.replaceAll(/:\d+/g, ''), root.target, span.attributes, span.error].join(' | ')
  })
}
