/** What a checkpoint's names and shapes leave open: which hints beside them are believed, and what then has to be guessed. */

import type { Described } from '../checkpoint/described.ts'
import { headDimOf, mlpLayerOf, widthsOf16Heads } from './checkpoint-options.ts'
import type { Recipe } from './convert.ts'
import type { Hints } from './hints.ts'
import type { Naming } from './naming.ts'
import type { VisionTransformerOptions } from './vision-transformer-options.ts'

/** The hints that names and shapes do not contradict: a folder may hold another model's configuration, and a configuration more than one model. */
export function believed(
  { embedDim, numHeads, eps, globalPool, actLayer }: Hints,
  parameters: ReadonlyMap<string, Described>,
  options: VisionTransformerOptions,
): VisionTransformerOptions {
  const has = (name: string) => parameters.has(name)
  const [width] = parameters.get('patch_embed.proj.weight')?.shape ?? []
  if (embedDim !== undefined && embedDim !== width) return {}
  const inner = (parameters.get('blocks.0.attn.qkv.weight')?.shape[0] ?? 0) / 3
  const pools = has('attn_pool.latent') ? globalPool === 'map' : globalPool !== 'map'
  const fits =
    pools && (globalPool !== '' || !has('head.weight')) && (globalPool !== 'token' || has('cls_token'))
  return {
    ...(numHeads !== undefined && inner % numHeads === 0 && options.headDim === undefined && { numHeads }),
    ...(eps !== undefined && { eps }),
    ...(globalPool !== undefined && fits && { globalPool }),
    // configurations name an activation that gated MLPs do not use
    ...(actLayer !== undefined && mlpLayerOf(parameters) === 'Mlp' && { actLayer }),
  }
}

/** What neither names and shapes nor hints and options told. */
export function guessesOf(
  read: VisionTransformerOptions,
  { naming, recipes }: { readonly naming: Naming; readonly recipes: ReadonlyMap<string, Recipe> },
  { overrides, hints }: { readonly overrides: VisionTransformerOptions; readonly hints: Hints },
): string[] {
  const { numHeads, eps, mlpLayer, preNorm, globalPool, actLayer = 'gelu', embedDim = 0 } = read
  const models = preNorm ? "CLIP's models" : `${naming === 'huggingface' ? 'Hugging Face' : naming}'s models`
  const isWide = widthsOf16Heads.includes(embedDim)
  const heads = overrides.numHeads ?? overrides.headDim ?? headDimOf(recipes, naming)
  const isOpen = !recipes.has('pos_embed') && overrides.imgSize === undefined
  const act = `actLayer is '${actLayer}'`
  const acts = overrides.actLayer === undefined
  const { otherActivation } = hints
  const guesses: readonly (readonly [isGuessed: boolean, guess: string])[] = [
    [
      heads === undefined,
      `numHeads is ${numHeads}${isWide ? ', as in published models of this width' : `: 64 features a head, as ${models} have`}`,
    ],
    [overrides.eps === undefined, `eps is ${eps}, as in ${models}`],
    [acts && mlpLayer !== undefined, `${act}, as in models with ${mlpLayer}`],
    [acts && preNorm === true, `${act}; OpenAI's CLIP needs 'quick-gelu', others 'gelu'`],
    [acts && globalPool === 'map', `${act}; SigLIP 2 needs 'gelu-tanh'`],
    [acts && otherActivation !== undefined, `${act}, where the configuration has '${otherActivation}'`],
    [
      overrides.globalPool === undefined && naming === 'vit-pytorch' && globalPool === 'token',
      "globalPool is 'token'; models of pool='mean' have the same names, and need 'avg' with poolIncludePrefix",
    ],
    [isOpen, 'imgSize is 224: positions of sines and cosines fit every size'],
  ]
  return guesses.flatMap(([isGuessed, guess]) => (isGuessed ? [guess] : []))
}
