import { Readable } from 'node:stream'
import { work } from './work.js'

/** The app for Express 4 and 5. */
export function startExpress(express, check) {
  const app = express()
  app.use(async (req, _res, next) => {
    await work(req, check)
    next()
  })
  app.use(express.json())

  const members = express.Router()
  members.get('/:memberId', async (req, res) => {
    await work(req, check)
    res.json({ member: req.params.memberId })
  })
  members.get('/:memberId/failure', () => {
    throw new Error('no such member')
  })
  const teams = express.Router()
  teams.use('/:teamId/members', members)
  app.use('/api/teams', teams)

  const users = express.Router()
  users.post('/', async (req, res) => {
    await work(req, check)
    res.status(201).json({ length: req.body.text.length })
  })
  users.get('/:userId', async (req, res) => {
    await work(req, check)
    res.json({ user: req.params.userId })
  })
  users.get('/:userId/failure', async (req, _res, next) => {
    await work(req, check)
    next(new Error('no such user'))
  })
  app.use('/users', users)

  app.get('/stream', (req, res) => {
    const source = Readable.from(['a', 'b', 'c'])
    source.on('data', () => check(req, 'while streaming'))
    res.on('finish', () => check(req, 'when finished'))
    source.pipe(res)
  })
  app.get(['/first', '/second/:letter'], (_req, res) => res.end())
  app.get(/^\/expression-\d+$/, (_req, res) => res.end())
  app.use((error, req, res, _next) => {
    check(req, 'in the error handler')
    res.status(500).json({ message: error.message })
  })
  return app.listen(0, '127.0.0.1')
}
