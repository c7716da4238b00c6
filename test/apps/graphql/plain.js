import * as graphql from 'graphql'
import { startPlain } from './plain-app.js'

export const start = () => startPlain(graphql)
