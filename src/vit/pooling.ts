/** How the tokens of an image become one, as timm's `global_pool_nlc` has it. */

import { contiguous } from '../layout/layout.ts'
import type { FloatTensor } from '../layout/tensor.ts'
import type { AttentionPool } from '../nn/attention-pool.ts'
import { packTensors } from '../ops/pack.ts'
import { reduceTensor } from '../ops/reduce.ts'
import { unpackTensor } from '../ops/unpack.ts'
import type { Value } from '../steps/value.ts'
import { add, multiply } from '../steps/zip.ts'

export const globalPools = ['token', 'avg', 'max', 'avgmax', 'token+avg', 'map', ''] as const

/** The class token, mean, maximum, the mean of both, class token and mean side by side, attention, or all tokens as they are. */
export type GlobalPool = (typeof globalPools)[number]

export interface PoolOptions {
  readonly globalPool: GlobalPool
  /** How many tokens before the patches do not count, except as class token. */
  readonly skipped: number
  /** What pools by attention. */
  readonly attnPool: AttentionPool | null
}

/** [b, n, d] → [b, d], or [b, 2 d] of two side by side; with `''` the tokens themselves. */
export function poolTokens(tokens: Value, { globalPool, skipped, attnPool }: PoolOptions): Value {
  if (globalPool === '') return tokens
  const token = () => unpackTensor(tokens, [[], [-1]], 'b * d')[0]!
  if (globalPool === 'token') return token()
  const [, patches] = unpackTensor(tokens, [[skipped], [-1]], 'b * d') as [Value, Value]
  const fold = (reduction: 'mean' | 'max') => reduceTensor(patches, 'b n d -> b d', reduction)
  switch (globalPool) {
    case 'avg':
      return fold('mean')
    case 'max':
      return fold('max')
    case 'avgmax':
      return multiply(add(fold('mean'), fold('max')), half)
    case 'token+avg':
      return packTensors([token(), fold('mean')], 'b *')[0]
    case 'map':
      return attnPool!.compute(patches)
  }
}

const half: FloatTensor = { ...contiguous([]), data: Float32Array.of(0.5) }
