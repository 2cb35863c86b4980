/** Which of the library's test files run in the page: all of the rooms', unless they need what only Node has. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

const rooms = 'grammar layout wasm copy gemm rows ops checkpoint image nn adapters documents'.split(' ')

export interface Selection {
  readonly files: readonly string[]
  /** What is left out, and why. */
  readonly skipped: ReadonlyMap<string, string>
}

export function selectCases(): Selection {
  const files: string[] = []
  const skipped = new Map<string, string>()
  for (const room of rooms) {
    for (const path of testFiles(join(root, 'test', room))) {
      const file = relative(root, path)
      const reason = needOfNode(path, new Set())
      if (reason === undefined) files.push(file)
      else skipped.set(file, reason)
    }
  }
  return { files, skipped }
}

function testFiles(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts') && !/^real\/|node_modules/.test(name))
    .sort()
    .map((name) => join(folder, name))
}

/** The first thing in a file, or in the test helpers it imports, that a page has not. */
function needOfNode(path: string, seen: Set<string>): string | undefined {
  if (seen.has(path) || !existsSync(path)) return undefined
  seen.add(path)
  const code = readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const module = /from '(node:\w+)/.exec(code)?.[1]
  if (module !== undefined) return `imports ${module}`
  if (/\bprocess\./.test(code)) return 'asks about the process'
  if (/\bBuffer\./.test(code)) return "uses Node's Buffer"
  if (/import {[^}]*\bvi\b[^}]*} from 'vitest'/.test(code)) return "uses vitest's module registry"
  for (const [, specifier] of code.matchAll(/from '(\.[^']+)'/g)) {
    const reason = needOfNode(resolve(dirname(path), specifier!), seen)
    if (reason !== undefined) return `${reason}, by ${specifier}`
  }
  return undefined
}
