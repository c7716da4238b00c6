const graphql = require('graphql')

exports.start = async () => (await import('../apps/graphql/plain-app.js')).startPlain(graphql)
