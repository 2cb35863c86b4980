/**
 * Once for all files of tests: the pages are built and served as any static host would, so is the documentation where it
 * can be made, and one Chromium waits for visitors.
 */
import { spawn } from 'node:child_process'
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { build, preview } from 'vite'
import type { TestProject } from 'vitest/node'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const configFile = join(root, 'docs/playground/vite.config.ts')
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** What keeps Debian's Chromium from looking for its makers' servers. */
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the playground is served. */
    playground: string
    /** Where the documentation is; empty where `npm run build` has not been run. */
    documentation: string
    /** Where Chromium takes orders. */
    chromium: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [browser, pages, documentation] = await Promise.all([
    chromium.launchServer({ executablePath, args: quiet, headless: true }),
    servePages(),
    serveDocumentation(),
  ])
  project.provide('chromium', browser.wsEndpoint())
  project.provide('playground', pages.address)
  project.provide('documentation', documentation.address)
  return async () => {
    await Promise.all([browser.close(), pages.close(), documentation.close()])
  }
}

interface Served {
  readonly address: string
  close(): Promise<unknown> | undefined
}

async function servePages(): Promise<Served> {
  await build({ configFile, logLevel: 'error' })
  const server = await preview({ configFile, logLevel: 'error', preview: { port: 0, host: '127.0.0.1' } })
  return { address: server.resolvedUrls!.local[0]!.replace(/\/$/, ''), close: () => server.close() }
}

async function serveDocumentation(): Promise<Served> {
  if (!existsSync(join(root, 'dist/tools/site.js'))) return { address: '', close: () => undefined }
  await new Promise<void>((done, fail) => {
    let said = ''
    const made = spawn('node', ['dist/tools/site.js'], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] })
    made.stderr.on('data', (text) => {
      said += text
    })
    made.on('exit', (code) => (code === 0 && said === '' ? done() : fail(new Error(said || `exit ${code}`))))
  })
  const server = createServer((request, response) => {
    const file = join(root, 'dist/site', new URL(request.url!, 'http://host').pathname)
    if (!existsSync(file) || statSync(file).isDirectory()) return response.writeHead(404).end()
    response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' })
    return createReadStream(file).pipe(response)
  })
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return { address: `http://127.0.0.1:${port}`, close: async () => void server.close() }
}
