/** A static server that says under which policy a page lives: the first part of a path names it. */
import { createReadStream, existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'

export const policies = {
  isolated: {
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
  },
  'not-isolated': {},
  strict: { 'Content-Security-Policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'" },
  'without-wasm': { 'Content-Security-Policy': "default-src 'self'; script-src 'self'" },
} as const

export type Policy = keyof typeof policies

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.safetensors': 'application/octet-stream',
}

/** Serves a folder once for each policy: `/strict/cases.html`. */
export async function serve(folder: string): Promise<{ origin: string; server: Server }> {
  const server = createServer((request, response) => {
    const [, policy, ...path] = new URL(request.url ?? '/', 'http://localhost').pathname.split('/')
    const file = join(folder, ...path)
    if (!(policy! in policies) || path.includes('..') || !existsSync(file)) {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, {
      'Content-Type': types[extname(file)] ?? 'application/octet-stream',
      'Cross-Origin-Resource-Policy': 'same-origin',
      ...policies[policy as Policy],
    })
    createReadStream(file).pipe(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}
