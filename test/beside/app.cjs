const isPg = process.argv[2] === 'pg'
const drivers = isPg
  ? { pg: require('pg'), Cursor: require('pg-cursor'), QueryStream: require('pg-query-stream') }
  : { mysql: require('mysql2'), promises: require('mysql2/promise') }

async function main() {
  const { pgDriver, mysql2Driver } = await import('./drivers.js')
  const { tell } = await import('./tell.js')
  await tell((isPg ? pgDriver : mysql2Driver)(drivers), process.env.BESIDE_URL)
}

void main()
