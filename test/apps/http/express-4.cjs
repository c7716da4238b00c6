const express = require('express-4')

exports.start = async (check) => (await import('./express-app.js')).startExpress(express, check)
