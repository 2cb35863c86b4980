/** How timm draws a new `VisionTransformer`, by its option `weight_init` (`get_init_weights_vit`). */

import { EncoderBlock } from '../nn/encoder-block.ts'
import { constant, type LayerInit, lecunNormal, normal, truncNormal, uniform } from '../nn/init.ts'
import { Identity } from '../nn/sequential.ts'

/**
 * `''` is timm's own rule; `'jax'` that of the paper's code, with `'jax_nlhb'` a head that begins by finding every class
 * unlikely; `'moco'` that of MoCo v3; `'reset'` and `'skip'` leave PyTorch's.
 */
export type WeightInit = (typeof weightInits)[number]

export const weightInits = ['', 'jax', 'jax_nlhb', 'moco', 'reset', 'skip'] as const

/** How each kind of map in the model is drawn; PyTorch's rule where nothing is said. */
export interface VitInit {
  readonly patches?: LayerInit | undefined
  readonly qkv?: LayerInit | undefined
  readonly proj?: LayerInit | undefined
  readonly mlp?: LayerInit | undefined
  readonly head?: LayerInit | undefined
}

export function vitInit(mode: WeightInit, { numClasses, dim }: { numClasses: number; dim: number }): VitInit {
  switch (mode) {
    case '':
      return allLinear({ weight: truncNormal({ std: 0.02 }), bias: 'zeros' })
    case 'moco': {
      // queries, keys and values as three maps of their own
      const bound = Math.sqrt(6 / (2 * dim))
      const qkv = { weight: uniform({ low: -bound, high: bound }), bias: 'zeros' } as const
      return { ...allLinear({ weight: 'xavier-uniform', bias: 'zeros' }), qkv }
    }
    case 'jax':
    case 'jax_nlhb':
      return {
        ...allLinear({ weight: 'xavier-uniform', bias: 'zeros' }),
        mlp: { weight: 'xavier-uniform', bias: normal({ std: 1e-6 }) },
        patches: { weight: lecunNormal(), bias: 'zeros' },
        head: { weight: 'zeros', bias: constant(mode === 'jax' ? 0 : -Math.log(numClasses)) },
      }
    default:
      return {}
  }
}

function allLinear(init: LayerInit): VitInit {
  return { qkv: init, proj: init, mlp: init, head: init }
}

/** timm's `fix_init_weight`: what block i adds is drawn smaller by √(2 (i + 1)). */
export function shrinkBranches(blocks: readonly EncoderBlock[]): void {
  for (const [i, block] of blocks.entries()) {
    if (!(block instanceof EncoderBlock)) continue
    const scale = Math.sqrt(2 * (i + 1))
    for (const map of [block.attn.proj, block.mlp.fc2]) {
      if (map instanceof Identity) continue
      map.weight.update((values) => {
        for (let j = 0; j < values.length; j++) values[j]! /= scale
      })
    }
  }
}
