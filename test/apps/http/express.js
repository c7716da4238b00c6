import express from 'express'
import { startExpress } from './express-app.js'

export const start = (check) => startExpress(express, check)
