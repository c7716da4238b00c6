import { mysql2Driver, pgDriver } from './drivers.js'
import { tell } from './tell.js'

const isPg = process.argv[2] === 'pg'
const driver = isPg
  ? pgDriver({
      pg: (await import('pg')).default,
      Cursor: (await import('pg-cursor')).default,
      QueryStream: (await import('pg-query-stream')).default,
    })
  : mysql2Driver({ mysql: (await import('mysql2')).default, promises: (await import('mysql2/promise')).default })
await tell(driver, process.env.BESIDE_URL)
