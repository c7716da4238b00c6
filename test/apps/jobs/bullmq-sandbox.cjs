const { listPosts } = require('./posts.cjs')

module.exports = ({ data }) => listPosts(data.count)
