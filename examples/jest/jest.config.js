'use strict'
const { withNonplus } = require('nonplus/jest/config')

module.exports = withNonplus({ testEnvironment: 'node' })
