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

/** What a folder holds: its README says so, and its files tell. */
async function replay(
  folder: string,
  only: readonly string[] | undefined,
): Promise<AsyncIterable<Outcome> | Iterable<Outcome>> {
  const names = readdirSync(folder)
  const first = names.filter((name) => name.endsWith('.json') && name !== 'index.json').sort()[0]
  const sample = first === undefined ? {} : JSON.parse(readFileSync(join(folder, first), 'utf8'))
  if (sample.cases?.[0]?.grads !== undefined) {
    const { replayGradients } = await import('./grad.ts')
    return replayGradients(folder)
  }
  if (sample.grad_norm !== undefined) {
    const { replayTraining } = await import('./train.ts')
    return replayTraining(folder)
  }
  const isVit = existsSync(join(folder, 'index.json')) || names.some((name) => name.endsWith('.safetensors'))
  if (!isVit) return replayEinops(folder, only)
  const { replayVit } = await import('./vit.ts')
  return replayVit(folder, only)
}
