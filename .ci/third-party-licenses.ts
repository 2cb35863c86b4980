/**
 * What is bundled into the distribution keeps its licence: the build writes the texts of every package whose modules are in
 * it to `dist/THIRD-PARTY-LICENSES.txt`. The list is read off the modules themselves, so it cannot forget one.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

interface Chunk {
  readonly type: string
  readonly modules?: Readonly<Record<string, { readonly renderedLength: number }>>
}

interface PluginContext {
  emitFile(file: { type: 'asset'; fileName: string; source: string }): string
}

/** A Rolldown plugin that emits the licences of all bundled packages as one text. */
export function thirdPartyLicenses() {
  return {
    name: 'third-party-licenses',
    generateBundle(this: PluginContext, _options: unknown, bundle: Readonly<Record<string, Chunk>>) {
      const folders = new Set<string>()
      for (const chunk of Object.values(bundle)) {
        for (const [id, module] of Object.entries(chunk.modules ?? {})) {
          if (id.includes('/node_modules/') && module.renderedLength > 0) folders.add(packageFolder(id))
        }
      }
      if (folders.size === 0) return
      const source = [...groupByText([...folders].sort())]
        .map(([text, packages]) => `${packages.join('\n')}\n\n${text}\n`)
        .join(`\n${'─'.repeat(80)}\n\n`)
      this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-LICENSES.txt', source })
    },
  }
}

/** The nearest folder above a module whose package.json names a package. */
function packageFolder(id: string): string {
  let folder = dirname(id.replace(/^\0/, ''))
  while (!existsSync(join(folder, 'package.json')) || readPackage(folder).name === undefined) {
    if (folder.endsWith('/node_modules')) throw new Error(`${id} belongs to no package`)
    folder = dirname(folder)
  }
  return folder
}

/** Each text once, with the packages that are under it. */
function groupByText(folders: readonly string[]): Map<string, string[]> {
  const packages = new Map<string, string[]>()
  for (const folder of folders) {
    const { name, version, license } = readPackage(folder)
    const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry))
    if (file === undefined) throw new Error(`${name} is bundled and has no licence file`)
    const text = readFileSync(join(folder, file), 'utf8').trim()
    packages.set(text, [...(packages.get(text) ?? []), `${name} ${version} (${license})`])
  }
  return packages
}

function readPackage(folder: string): { name?: string; version?: string; license?: string } {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}
