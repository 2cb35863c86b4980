/**
 * `npm run conformance -- DIR [--only a,b,c]`: replays a folder of reference vectors on the built package. `--only` takes
 * the cases whose name begins with one of these letters.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { replayEinops } from './einops.ts'
import { type Outcome, report } from './outcome.ts'

process.exitCode = (await main()) ? 0 : 1

async function main(): Promise<boolean> {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { only: { type: 'string' } } })
  const [folder] = positionals
  if (folder === undefined || positionals.length > 1) {
    console.error('usage: npm run conformance -- DIR [--only a,b,c]')
    return false
  }
  if (!existsSync(folder)) {
    console.error(`${folder}: no such folder`)
    return false
  }
  return report(
    await replay(
      folder,
      values.only?.split(',').map((letters) => letters.trim()),
    ),
  )
}

/** The ViT's folder has an index of its cases, einops' has one file for each operation. */
async function replay(
  folder: string,
  only: readonly string[] | undefined,
): Promise<AsyncIterable<Outcome> | Iterable<Outcome>> {
  const isVit =
    existsSync(join(folder, 'index.json')) ||
    readdirSync(folder).some((name) => name.endsWith('.safetensors'))
  if (!isVit) return replayEinops(folder, only)
  const { replayVit } = await import('./vit.ts')
  return replayVit(folder, only)
}
