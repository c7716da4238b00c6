import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../../src/explain/connect.ts'
import { findProgram, HOW_TO_GET_MYSQL, startPrivateServer } from '../mysql-server.ts'

const isThere = (findProgram('mariadbd') ?? findProgram('mysqld')) !== undefined && existsSync('/usr/bin/openssl')
if (!isThere) {
  const how = `apt-get install openssl, and ${HOW_TO_GET_MYSQL}`
  process.stderr.write(
    `\n!! No MariaDB or MySQL of our own, or no openssl: tests of its TLS are SKIPPED. To have them, ${how}.\n\n`,
  )
}

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'nonplus-mysql-tls-'))
let url = ''
let stop = async (): Promise<void> => {}

function projectWith(driver: string): string {
  const project = join(folder, driver)
  mkdirSync(join(project, 'node_modules'), { recursive: true })
  writeFileSync(join(project, 'package.json'), '{}')
  symlinkSync(join(root, 'node_modules', driver), join(project, 'node_modules', driver))
  return project
}

beforeAll(async () => {
  if (!isThere) return
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-days', '2', '-keyout', key, '-out', certificate]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject], { stdio: 'ignore' })
  const server = await startPrivateServer([`--ssl-cert=${certificate}`, `--ssl-key=${key}`])
  url = `${server.url}/mysql`
  stop = server.stop
})

afterAll(async () => {
  await stop()
  rmSync(folder, { recursive: true })
})

const options = [
  ['mysql2', 'ssl={}', 'ssl={"rejectUnauthorized":false}'],
  ['mariadb', 'ssl=true', 'ssl={"rejectUnauthorized":false}'],
] as const

describe.skipIf(!isThere).each(options)('TLS by %s', (driver, strict, lax) => {
  const from = isThere ? projectWith(driver) : ''

  test('connects as the URL says', async () => {
    const ciphers: unknown[] = []
    for (const address of [url, `${url}?${lax}`]) {
      const connection = await connect(address, { from })
      const [row] = await connection.query("show status like 'Ssl_cipher'")
      ciphers.push(row?.Value)
      await connection.close()
    }
    expect(ciphers).toEqual(['', expect.stringMatching(/^TLS_/)])
  })

  test('says that a certificate is not trusted', async () => {
    await expect(connect(`${url}?${strict}`, { from })).rejects.toThrow(
      /its certificate is not trusted\. Name that of its authority: .*NODE_EXTRA_CA_CERTS=<file>/,
    )
  })
})
