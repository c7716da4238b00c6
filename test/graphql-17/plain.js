import * as graphql from 'graphql'
import { startPlain } from '../apps/graphql/plain-app.js'

export const start = () => startPlain(graphql)
