import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** A registry on the loopback that has what is installed here, for tests of package managers. */
export interface LocalRegistry {
  readonly url: string
  close(): void
}

interface Manifest {
  readonly name: string
  readonly version: string
}

/** @param folders packages it has besides those in `modules`, by path. */
export async function startLocalRegistry(modules: string, folders: readonly string[]): Promise<LocalRegistry> {
  const server = createServer(async (request, response) => {
    try {
      const [name = '', file] = decodeURIComponent(request.url ?? '')
        .slice(1)
        .split('/-/')
      const packages = packagesNamed(name)
      if (packages.length === 0) response.writeHead(404).end('{}')
      else if (file === undefined) response.end(JSON.stringify(await documentOf(name, packages)))
      else
        response.end(await tarballOf(packages.find(({ manifest }) => file === `${manifest.version}.tgz`)?.folder ?? ''))
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  function packagesNamed(name: string): { folder: string; manifest: Manifest }[] {
    const found = [...folders, join(modules, name), ...nestedCopies(modules, name)].flatMap((folder) => {
      const path = join(folder, 'package.json')
      if (!existsSync(path)) return []
      const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest
      return manifest.name === name ? [{ folder, manifest }] : []
    })
    // of each version the first: a workspace that links to itself would be packed with all it has
    return found.filter(
      ({ manifest }, index) => index === found.findIndex((one) => one.manifest.version === manifest.version),
    )
  }

  async function documentOf(name: string, packages: ReturnType<typeof packagesNamed>): Promise<object> {
    const versions: Record<string, object> = {}
    for (const { folder, manifest } of packages) {
      const integrity = `sha512-${createHash('sha512')
        .update(await tarballOf(folder))
        .digest('base64')}`
      const tarball = `${url}/${name}/-/${manifest.version}.tgz`
      versions[manifest.version] = { ...manifest, scripts: {}, devDependencies: {}, dist: { tarball, integrity } }
    }
    return { name, 'dist-tags': { latest: packages[0]?.manifest.version }, versions }
  }

  return { url, close: () => void server.close() }
}

/** Folders of copies that are nested below other packages. */
function nestedCopies(modules: string, name: string): string[] {
  return readdirSync(modules)
    .flatMap((entry) =>
      entry.startsWith('@') ? readdirSync(join(modules, entry)).map((one) => join(entry, one)) : entry,
    )
    .map((entry) => join(modules, entry, 'node_modules', name))
}

const tarballs = new Map<string, Promise<Buffer>>()

// made once: the time in a gzip header would change its checksum
function tarballOf(folder: string): Promise<Buffer> {
  const made = tarballs.get(folder) ?? packFolder(folder)
  tarballs.set(folder, made)
  return made
}

async function packFolder(folder: string): Promise<Buffer> {
  const args = ['-czf', '-', '--transform', 's,^\\.,package,', '--exclude', './node_modules', '-C', folder, '.']
  const { stdout } = await execute('tar', args, { encoding: 'buffer', maxBuffer: 1e9 })
  return stdout
}
