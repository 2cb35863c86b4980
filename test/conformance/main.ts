/**
 * `npm run conformance -- DIR [--only a,b,c]`: replays a folder of reference vectors on the built package. `--only` takes
 * the cases whose name begins with one of these letters.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
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

/** What a folder holds: einops' has one file for each operation; of the others preparations have pictures, and a case says what it is. */
async function replay(
  folder: string,
  only: readonly string[] | undefined,
): Promise<AsyncIterable<Outcome> | Iterable<Outcome>> {
  const names = readdirSync(folder)
  if (names.includes('pictures')) return (await import('./preparation.ts')).replayPreparations(folder, only)
  const first = names.filter((name) => name.endsWith('.json') && name !== 'index.json').sort()[0]
  const sample = first === undefined ? {} : JSON.parse(readFileSync(join(folder, first), 'utf8'))
  if (sample.cases?.[0]?.grads !== undefined) return (await import('./grad.ts')).replayGradients(folder)
  if (sample.grad_norm !== undefined) return (await import('./train.ts')).replayTraining(folder)
  const isVit = names.includes('index.json') || names.some((name) => name.endsWith('.safetensors'))
  if (!isVit) return replayEinops(folder, only)
  if ('family' in sample) return (await import('./families.ts')).replayFamilies(folder, only)
  return (await import('./vit.ts')).replayVit(folder, only)
}
