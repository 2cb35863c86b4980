/** Encoder blocks one after another, with a norm at the end. */

import { scope } from '../steps/scope.ts'
import type { Value } from '../steps/value.ts'
import { EncoderBlock, type EncoderBlockOptions, encoderBlockOptions } from './encoder-block.ts'
import { Module } from './module.ts'
import { makeNorm } from './norm.ts'
import { expectOptions, type Kinds, kind, needed, oneOf, only } from './options.ts'
import { DiffParallelScalingBlock, ParallelScalingBlock } from './parallel-scaling-block.ts'
import { ParallelThingsBlock } from './parallel-things-block.ts'
import { ResPostBlock } from './res-post-block.ts'
import { Identity } from './sequential.ts'

const blockClasses = {
  Block: EncoderBlock,
  ResPostBlock,
  ParallelScalingBlock,
  DiffParallelScalingBlock,
  ParallelThingsBlock,
} as const

export const blockFns = Object.keys(blockClasses) as readonly BlockFn[]

export type BlockFn = keyof typeof blockClasses

/** A block of any kind. */
export type AnyBlock = InstanceType<(typeof blockClasses)[BlockFn]>

export interface EncoderOptions extends EncoderBlockOptions {
  /** The number of blocks. */
  readonly depth: number
  /** Which block, by timm's class names; `'Block'` if not given. */
  readonly blockFn?: BlockFn | undefined
  /** Whether there is a norm after the last block; true if not given. */
  readonly finalNorm?: boolean | undefined
}

const kinds: Kinds<EncoderOptions> = {
  ...encoderBlockOptions,
  depth: needed(kind.count),
  blockFn: oneOf(blockFns),
  finalNorm: kind.flag,
}

/**
 * `depth` blocks and a norm: [b, n, dim] → [b, n, dim].
 *
 * @param dim width of a token
 * @throws {EinopsError} what the blocks throw
 *
 * @example
 * const encoder = new Encoder(192, { depth: 2, numHeads: 3 })
 * encoder.forward(ndarray(new Float32Array(5 * 192), [1, 5, 192])).shape // → [1, 5, 192]
 */
export class Encoder extends Module {
  readonly blocks: readonly AnyBlock[]
  readonly norm: Module

  constructor(dim: number, options: EncoderOptions) {
    super()
    expectOptions(this, options, kinds)
    const { finalNorm = true, ...blocks } = only(options, kinds)
    const { normLayer = 'layernorm', eps = 1e-6 } = options
    this.blocks = encoderBlocks(dim, blocks)
    this.norm = finalNorm ? makeNorm(normLayer, dim, { eps }) : new Identity()
  }

  override compute(x: Value): Value {
    return this.norm.compute(runBlocks(this.blocks, x))
  }
}

/** New blocks; the probability to pass a residual path by grows from 0 in the first to `dropPath` in the last. `ropes` turn queries and keys, each in its block. */
export function encoderBlocks(
  dim: number,
  { depth, blockFn = 'Block', dropPath = 0, ...options }: Omit<EncoderOptions, 'finalNorm'>,
  ropes: readonly Module[] = [],
): AnyBlock[] {
  const Block = blockClasses[blockFn]
  return Array.from({ length: depth }, (_, blockIndex) => {
    const share = depth > 1 ? blockIndex / (depth - 1) : 0
    const rope = ropes[blockIndex] ?? options.rope
    return new Block(dim, { ...options, blockIndex, rope, dropPath: dropPath * share })
  })
}

/** What the last block gives. */
export function runBlocks(blocks: readonly AnyBlock[], x: Value): Value {
  return blocks.reduce((y, block) => scope(block.constructor.name, () => block.compute(y)), x)
}
