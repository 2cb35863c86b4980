/** Packs the built package once and installs the tarball in an empty project, as a user would; every check here starts from that. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** The project that has installed the package. */
    project: string
    tarball: string
    /** The paths in the tarball. */
    packed: string[]
  }
}

const root = fileURLToPath(new URL('../..', import.meta.url))

export default function install({ provide }: TestProject): () => void {
  if (!existsSync(join(root, 'dist/index.js'))) throw new Error('dist is missing: run `npm run build` first')
  const project = mkdtempSync(join(tmpdir(), 'tesserae-'))
  const npm = (args: string[], cwd: string) =>
    execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  const [{ filename, files }] = JSON.parse(
    npm(['pack', '--ignore-scripts', '--json', '--pack-destination', project], root),
  )
  const tarball = join(project, filename)
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }')
  npm(['install', '--prefer-offline', '--no-audit', '--no-fund', '--silent', tarball], project)
  provide('project', project)
  provide('tarball', tarball)
  provide(
    'packed',
    files.map((file: { path: string }) => file.path),
  )
  return () => rmSync(project, { recursive: true, force: true })
}
