/** Checkpoints whose names are many, long or made up: they are refused as soon as any other, in few words. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ndarray from 'ndarray'
import { EinopsError, rearrange } from 'tesserae'
import { CheckpointError, openSafetensors, readSafetensors, writeSafetensors } from 'tesserae/checkpoint'
import { Linear, VisionTransformer } from 'tesserae/nn'
import { beforeEach, expect, it, vi } from 'vitest'

const compared = vi.hoisted(() => ({ names: 0 }))

vi.mock('../../grammar/suggest.ts', async (original) => {
  const suggest = await original<typeof import('../../grammar/suggest.ts')>()
  const nearest = (name: string, others: Iterable<string>) => {
    compared.names += [...others].length
    return suggest.nearest(name, others)
  }
  return { ...suggest, nearest }
})

beforeEach(() => {
  compared.names = 0
})

const one = ndarray(new Float32Array(1), [1])
const options = { imgSize: 8, patchSize: 4, embedDim: 8, depth: 2, numHeads: 2, numClasses: 2 }

function refusal(call: () => unknown): CheckpointError {
  try {
    call()
  } catch (error) {
    if (error instanceof CheckpointError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

it('a block of the number 1000000 is not taken for a million blocks', async () => {
  const file = readFileSync(join(import.meta.dirname, '../vectors/failing/tiny_block_1e6.safetensors'))
  await expect(VisionTransformer.fromCheckpoint(file)).rejects.toThrow(CheckpointError)
  const whole = { ...new VisionTransformer(options).stateDict(), 'blocks.1000000.a': one }
  await expect(VisionTransformer.fromCheckpoint(whole, { numHeads: 2 })).rejects.toThrow(
    /unexpected blocks\.1000000\.a$/,
  )
})

it.each([20, 20_000])(
  'of %i names that are not the model’s, no more are compared than are shown',
  (count) => {
    const dict = Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`decoder.${i}.attn.qkv.weight`, one]),
    )
    const { message } = refusal(() => new VisionTransformer(options).loadStateDict(dict))
    expect(message.split('\n').length).toBe(22)
    expect(message).toContain('missing cls_token')
    expect(compared.names).toBeLessThanOrEqual(20 * 1000)
  },
)

it('a name of a megabyte is not echoed whole, wherever it comes from', async () => {
  const name = 'n'.repeat(2 ** 20)
  const spaced = 'n n '.repeat(2 ** 18)
  const x = ndarray(new Float32Array(4), [2, 2])
  const bytes = writeSafetensors({ [name]: one, [spaced]: one })
  const file = await openSafetensors(bytes)
  bytes.set(new TextEncoder().encode('F99'), new TextDecoder('latin1').decode(bytes).indexOf('"F32"') + 1)
  const calls: (() => unknown)[] = [
    () => new Linear(1, 1).loadStateDict({ [name]: one, [spaced]: one }),
    () => writeSafetensors({ [name]: 5 as never }),
    () => readSafetensors(bytes),
    () => file.tensor(`${name}!`),
    () => rearrange(x, `a b -> b ${name}` as string),
    () => rearrange(x, 'a b -> b a' as string, { [name]: 2 } as never),
    () => rearrange(x, 'a b -> b a' as string, {}, { [name]: 2 } as never),
    () => new Linear(2, 2, { [name]: 2 } as never),
    () => new Linear(name as never, 2),
  ]
  for (const call of calls) {
    const error = await (async () => call())().then(
      () => undefined,
      (error) => error,
    )
    expect(error instanceof EinopsError || error instanceof CheckpointError).toBe(true)
    expect(error.message.length).toBeLessThan(20_000)
  }
})
