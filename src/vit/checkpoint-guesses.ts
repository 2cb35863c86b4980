/** What a checkpoint's names and shapes leave open: which hints beside them are believed, and what then has to be guessed. */

import { architectureOptions } from './architectures.ts'
import { headDimOf, mlpLayerOf, readOptions, widthsOf16Heads } from './checkpoint-options.ts'
import { contradictions } from './contradictions.ts'
import { type Family, families, type Seen, seenIn } from './families.ts'
import type { Hints } from './hints.ts'
import { templateOf } from './names/row.ts'
import type { Naming } from './naming.ts'
import type { Recipe } from './recipes.ts'
import type { VisionTransformerOptions } from './vision-transformer-options.ts'

/** A checkpoint's options, from the most certain to the least: those that are given, a configuration's, its architecture's, its family's, its scheme's convention. */
export function resolved(
  naming: Naming,
  recipes: ReadonlyMap<string, Recipe>,
  overrides: VisionTransformerOptions,
  hints: Hints,
): { readonly read: VisionTransformerOptions; readonly guesses: readonly string[] } {
  const seen = seenIn(naming, recipes)
  const blocks = new Set([...recipes.keys()].flatMap((name) => templateOf(name).block ?? []))
  const family = overrides.rotary === false ? undefined : families.find(({ is }) => is(seen))
  const { beliefs, ignored } = believed(hints, seen, overrides)
  // vit-pytorch's mean is over the class token too
  const isMean = naming === 'vit-pytorch' && (overrides.globalPool ?? beliefs.globalPool) === 'avg'
  const told = { ...beliefs, ...(isMean && { poolIncludePrefix: true }), ...overrides }
  const known = { ...family?.options(seen), ...told }
  const { numHeads, headDim, ...shapes } = readOptions(seen, blocks.size, known)
  const read = { ...shapes, ...known, numHeads, headDim }
  const guesses = guessesOf(read, seen, { told, hints, family })
  return { read, guesses: [...guesses, ...ignored, ...contradictions(hints, read, overrides)] }
}

/** The hints that names and shapes do not contradict, and what is said of others: a folder may hold another model's configuration, and a configuration more than one model. */
function believed(
  hints: Hints,
  seen: Seen,
  overrides: VisionTransformerOptions,
): { readonly beliefs: VisionTransformerOptions; readonly ignored: readonly string[] } {
  const { embedDim, numHeads, eps, globalPool, actLayer, ropeTheta, pool } = hints
  const [width = 0] = seen.shapeOf('patch_embed.proj.weight') ?? []
  if (embedDim !== undefined && embedDim !== width) {
    const why = `the configuration is of a model of ${embedDim} features, where this one has ${width}`
    return { beliefs: {}, ignored: [`${why}: nothing of it is believed`] }
  }
  const inner = (seen.shapeOf('blocks.0.attn.qkv.weight')?.[0] ?? 3 * width) / 3
  const pools = seen.has('attn_pool.latent') ? globalPool === 'map' : globalPool !== 'map'
  const fits =
    pools &&
    (globalPool !== '' || !seen.has('head.weight')) &&
    (globalPool !== 'token' || seen.has('cls_token'))
  const { headDim = hints.headDim, actLayer: act, ...architecture } = architectureOptions(hints.architecture)
  const isFree = overrides.numHeads === undefined && overrides.headDim === undefined
  const activation = actLayer ?? (hints.otherActivation === undefined ? act : undefined)
  const divides = numHeads !== undefined && inner % numHeads === 0
  const ignored = [
    ...(numHeads !== undefined && !divides
      ? [`the configuration's ${numHeads} heads do not divide ${inner} features`]
      : []),
    ...(globalPool !== undefined && !fits
      ? [`the configuration's globalPool '${globalPool}' is not what the parameters are for`]
      : []),
  ]
  const beliefs: VisionTransformerOptions = {
    ...architecture,
    ...(isFree && headDim !== undefined && numHeads === undefined && inner % headDim === 0 && { headDim }),
    ...(divides && overrides.headDim === undefined && { numHeads }),
    ...(eps !== undefined && { eps }),
    ...(globalPool !== undefined && fits && { globalPool }),
    ...(pool !== undefined &&
      seen.naming === 'vit-pytorch' && { globalPool: pool === 'mean' ? 'avg' : 'token' }),
    ...(ropeTheta !== undefined &&
      typeof architecture.rotary === 'object' && {
        rotary: { ...architecture.rotary, temperature: ropeTheta },
      }),
    ...sizeBelieved(hints, seen),
    // configurations name an activation that gated MLPs do not use
    ...(activation !== undefined && mlpLayerOf(seen) === 'Mlp' && { actLayer: activation }),
  }
  return { beliefs, ignored }
}

/** The size of images, where positions do not tell it: there are none, or they are of a grid that is no square, or patches leave a rest of the images. */
function sizeBelieved({ imgSize }: Hints, { has, shapeOf }: Seen): VisionTransformerOptions {
  if (imgSize === undefined || has('blocks.0.attn.rel_pos.relative_position_bias_table')) return {}
  const [, , ...patch] = shapeOf('patch_embed.proj.weight') ?? []
  const covered = patch.map((side, i) => Math.floor(imgSize[i]! / side)).reduce((all, n) => all * n, 1)
  const [, count] = shapeOf('pos_embed') ?? []
  const prefix = (has('cls_token') ? 1 : 0) + (has('dist_token') ? 1 : 0) + (shapeOf('reg_token')?.[1] ?? 0)
  const isSquare = [0, prefix].some((extra) => Number.isInteger(Math.sqrt((count ?? 0) - extra)))
  const explains = [0, prefix].some((extra) => covered === (count ?? 0) - extra)
  return count === undefined || !isSquare || explains ? { imgSize } : {}
}

/** What neither names and shapes nor hints and options told. */
function guessesOf(
  read: VisionTransformerOptions,
  seen: Seen,
  {
    told,
    hints,
    family,
  }: {
    readonly told: VisionTransformerOptions
    readonly hints: Hints
    readonly family: Family | undefined
  },
): string[] {
  const { naming } = seen
  const { numHeads, eps, mlpLayer, preNorm, globalPool, actLayer = 'gelu', embedDim = 0 } = read
  const known: Readonly<Partial<Record<Naming, string>>> = { huggingface: 'Hugging Face', openai: 'OpenAI' }
  const models = family === undefined ? `${known[naming] ?? naming}'s models` : family.name
  const isWide = widthsOf16Heads.includes(embedDim)
  const heads = told.numHeads ?? told.headDim ?? headDimOf(seen)
  const isOpen = !seen.has('pos_embed') && told.imgSize === undefined && read.posEmbed === 'sincos'
  const act = `actLayer is '${actLayer}'`
  const acts = told.actLayer === undefined
  const { otherActivation } = hints
  const guesses: readonly (readonly [isGuessed: boolean, guess: string])[] = [
    [
      heads === undefined,
      `numHeads is ${numHeads}${family?.options(seen).headDim ? `, as in ${models}` : isWide ? ', as in published models of this width' : `: 64 features a head, as ${models} have`}`,
    ],
    [told.eps === undefined, `eps is ${eps}, as in ${models}`],
    [acts && mlpLayer !== undefined, `${act}, as in models with ${mlpLayer}`],
    [acts && preNorm === true, `${act}; OpenAI's CLIP needs 'quick-gelu', others 'gelu'`],
    [acts && globalPool === 'map', `${act}; SigLIP 2 needs 'gelu-tanh'`],
    [acts && otherActivation !== undefined, `${act}, where the configuration has '${otherActivation}'`],
    [
      told.globalPool === undefined && naming === 'vit-pytorch' && globalPool === 'token',
      "globalPool is 'token'; models of pool='mean' have the same names, and need 'avg' with poolIncludePrefix",
    ],
    [isOpen, 'imgSize is 224: positions of sines and cosines fit every size'],
    [
      told.rotary === undefined && read.rotary !== undefined && read.rotary !== false,
      `rotary is ${JSON.stringify(read.rotary)}, as in ${models}`,
    ],
    [
      told.blockFn === undefined && read.blockFn === 'ResPostBlock',
      `blockFn is 'ResPostBlock', as in ${models}`,
    ],
  ]
  return guesses.flatMap(([isGuessed, guess]) => (isGuessed ? [guess] : []))
}
