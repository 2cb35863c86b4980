/** Which parameters decay, and how fast each learns: recipes of timm's, as functions of a parameter's name. */
import { show } from '../layout/show.ts'
import { expectModule } from '../nn/expect-module.ts'
import type { Module } from '../nn/module.ts'
import type { Parameter } from '../nn/parameter.ts'
import { mistake } from './refuse.ts'

/** What an optimiser does otherwise with a parameter. */
export interface GroupOptions {
  /** What the learning rate is multiplied by; 1 if not given. */
  readonly lrScale?: number | undefined
  /** The weight decay; the optimiser's if not given. */
  readonly weightDecay?: number | undefined
}

/** Says, for each parameter, what is done otherwise with it. */
export type Groups = (name: string, parameter: Parameter) => GroupOptions

const tokens =
  /(^|\.)(cls_token|reg_token|dist_token|mask_token|pos_embed|position_embeddings?|class_embedding)$/

/**
 * No weight decay on biases, norms, tokens and positions, as timm's `param_groups_weight_decay`.
 *
 * @example
 * const layer = new Linear(2, 3)
 * const optimizer = adamw(layer, { weightDecay: 0.05, groups: withoutDecay })
 * withoutDecay('bias', layer.bias) // → { weightDecay: 0 }
 */
export const withoutDecay: Groups = (name, { shape }) =>
  shape.length <= 1 || tokens.test(name) ? { weightDecay: 0 } : {}

/**
 * The rate of each block is `decay` times that of the block after it, and what comes before the blocks learns slowest; biases, norms, tokens and
 * positions do not decay (timm's `param_groups_layer_decay`).
 *
 * @example
 * const encoder = new Encoder(8, { depth: 2, numHeads: 2 })
 * const groups = layerDecay(encoder, 0.5)
 * groups('blocks.0.mlp.fc1.weight', encoder.blocks[0].mlp.fc1.weight) // → { lrScale: 0.25 }
 */
export function layerDecay(model: Module, decay: number): Groups {
  expectModule('layerDecay', model)
  if (!(typeof decay === 'number' && decay > 0))
    throw mistake('layerDecay', `decay is ${show(decay)}, expected a number above 0`)
  const blockOf = (name: string) => /(?:^|\.)(?:blocks|layers)\.(\d+)\./.exec(name)?.[1]
  const names = [...model.namedParameters()].map(([name]) => name)
  const depth = Math.max(0, ...names.map((name) => Number(blockOf(name) ?? -1) + 1))
  const first = names.findIndex((name) => blockOf(name) !== undefined)
  const before = new Set(names.slice(0, Math.max(0, first)))
  return (name, parameter) => {
    const block = blockOf(name)
    const level = block !== undefined ? Number(block) + 1 : before.has(name) ? 0 : depth + 1
    return { ...withoutDecay(name, parameter), lrScale: decay ** (depth + 1 - level) }
  }
}
