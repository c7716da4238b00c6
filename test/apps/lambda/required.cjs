const posts = import('./posts.js')

exports.handler = async (event) => (await posts).promised(event)
