/** Encoder blocks one after another, with a norm at the end. */

import { scope } from '../steps/scope.ts'
import type { Value } from '../steps/value.ts'
import { EncoderBlock, encoderBlockOptions } from './encoder-block.ts'
import { Module } from './module.ts'
import { makeNorm } from './norm.ts'
import { kind, needed, type OptionsOf, oneOf, or, type Read, readOptions } from './options.ts'
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

export const encoderOptions = {
  ...encoderBlockOptions,
  /** The number of blocks. */
  depth: needed(kind.count),
  /** Which block, by timm's class names; `'Block'` if not given. */
  blockFn: or(oneOf(blockFns), 'Block'),
  /** Whether there is a norm after the last block; true if not given. */
  finalNorm: or(kind.flag, true),
}

export interface EncoderOptions extends OptionsOf<typeof encoderOptions> {}

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
    const { finalNorm, ...read } = readOptions(this, options, encoderOptions)
    this.blocks = encoderBlocks(dim, read)
    this.norm = finalNorm ? makeNorm(read.normLayer, dim, { eps: read.eps }) : new Identity()
  }

  override compute(x: Value): Value {
    return this.norm.compute(runBlocks(this.blocks, x))
  }
}

/** New blocks; the probability to pass a residual path by grows from 0 in the first to `dropPath` in the last. `ropes` turn queries and keys, each in its block. */
export function encoderBlocks(
  dim: number,
  { depth, blockFn, dropPath, ...options }: Omit<Read<typeof encoderOptions>, 'finalNorm' | 'blockIndex'>,
  ropes: readonly Module[] = [],
): AnyBlock[] {
  const Block = blockClasses[blockFn]
  return Array.from({ length: depth }, (_, blockIndex) => {
    const share = depth > 1 ? blockIndex / (depth - 1) : 0
    const rope = ropes[blockIndex] ?? options.rope
    return new Block(dim, { ...options, blockIndex, rope, dropPath: dropPath * share })
  })
}

/** What the last block gives; where no more than the first `asked` tokens are used, perhaps of them alone. */
export function runBlocks(blocks: readonly AnyBlock[], x: Value, asked?: number): Value {
  return blocks.reduce((y, block, i) => {
    const isLast = i === blocks.length - 1 && asked !== undefined
    const isEnough = isLast && block instanceof EncoderBlock && block.canLeaveOut
    return scope(block.constructor.name, () => (isEnough ? block.compute(y, asked) : block.compute(y)))
  }, x)
}
