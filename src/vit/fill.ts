/** Filling a model's parameters with the tensors of a checkpoint, one by one, in the precision that is asked for. */
import { CheckpointError } from '../checkpoint/error.ts'
import { loadKernels } from '../gemm/quantized-weight.ts'
import { contiguous, sizeOf } from '../layout/layout.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import { keepAsCodes, takeCodes, weightsOf } from '../nn/codes.ts'
import { type Kind, type OptionsOf, oneOf } from '../nn/options.ts'
import { flat, type Parameter } from '../nn/parameter.ts'
import { toNdarray } from '../ops/array.ts'
import { rearrange } from '../ops/rearrange.ts'
import { operation } from './checkpoint-options.ts'
import type { Recipe } from './recipes.ts'
import type { Tensors } from './tensors.ts'
import type { VisionTransformer } from './vision-transformer.ts'

/** A parameter, and what it is made of. */
export interface Filling {
  readonly parameter: Parameter
  readonly recipe: Recipe
}

const bits: Kind<8 | 16> = { expected: '8 or 16', has: (value) => value === 8 || value === 16 }

export const keepingOptions = {
  /** How weights of linear maps are kept: as `quantize` makes them, or as float32; as the file has them if not given. */
  precision: oneOf(['float32', 'int8', 'int8-fast']),
  /** Of `quantize`. */
  panels: bits,
}

export interface KeepingOptions extends OptionsOf<typeof keepingOptions> {}

/** Reads tensor by tensor and packs each parameter as soon as it is complete, so that memory never holds them twice. */
export async function fill(
  model: VisionTransformer,
  fillings: readonly Filling[],
  tensors: Tensors,
  { precision = 'float32', panels = 8 }: KeepingOptions,
): Promise<void> {
  // who wants float32 does not load the kernels of integers
  const coder = precision === 'float32' ? null : await coderFor(model, { precision, panels })
  for (const { parameter, recipe } of fillings)
    if (recipe.from.length === 0) parameter.assign(recipe.make([]))
  const users = new Map<string, Filling[]>()
  for (const filling of fillings) {
    for (const name of filling.recipe.from) users.set(name, [...(users.get(name) ?? []), filling])
  }
  const parts = new Map<string, NdArray<Data>>()
  for await (const [name, given] of tensors.each([...users.keys()])) {
    const mine = users.get(name)!
    const scale = tensors.scales.get(name)
    const scales = scale === undefined ? null : flat(await tensors.tensor(scale)).slice()
    if (scales?.some((scale) => !(Number.isFinite(scale) && scale >= 0))) throw badScales(name)
    if (scales !== null && coder?.takes(mine, given as NdArray<Int8Array>, scales)) continue
    const tensor = scales === null ? given : decoded(given as NdArray<Int8Array>, scales)
    // the memory of one that waits for others is used again meanwhile
    const waits = scales === null && mine.some(({ recipe }) => recipe.from.length > 1)
    parts.set(name, waits ? rearrange(tensor, '... -> ...', {}, { copy: 'always' }) : tensor)
    for (const { parameter, recipe } of mine) {
      if (!recipe.from.every((name) => parts.has(name))) continue
      parameter.assign(recipe.make(recipe.from.map((name) => parts.get(name)!)))
    }
    for (const { recipe } of mine) {
      const isDone = (name: string) =>
        users.get(name)!.every(({ recipe }) => recipe.from.every((part) => parts.has(part)))
      for (const name of recipe.from.filter(isDone)) parts.delete(name)
    }
  }
}

function badScales(name: string): CheckpointError {
  return new CheckpointError({
    operation,
    code: 'tensor/scales',
    what: `the scales of '${name}' are no finite numbers from 0 — the file is damaged`,
    values: { name },
  })
}

/** Has the weights of a model's linear maps kept as codes; `takes` gives a parameter the codes that a file has of it, where it is made of nothing else. */
async function coderFor(
  model: VisionTransformer,
  keeping: { precision: 'int8' | 'int8-fast'; panels: 8 | 16 },
) {
  await loadKernels()
  const kept = new Set(weightsOf(model).map(([, parameter]) => parameter))
  for (const parameter of kept) keepAsCodes(parameter, keeping)
  return {
    takes(
      [filling, ...others]: readonly Filling[],
      codes: NdArray<Int8Array>,
      scales: Float32Array,
    ): boolean {
      const { parameter, recipe } = filling!
      const isAlone = others.length === 0 && recipe.from.length === 1 && recipe.make([codes]) === codes
      if (!isAlone || !kept.has(parameter)) return false
      takeCodes(parameter, { codes: rowMajor(codes), scales }, keeping)
      return true
    },
  }
}

function rowMajor(codes: NdArray<Int8Array>): Int8Array {
  return rearrange(codes, '... -> ...', {}, { copy: 'always' }).data
}

/** What codes stand for. */
function decoded(codes: NdArray<Int8Array>, scales: Float32Array): NdArray<Float32Array> {
  const { shape } = codes
  const own = rowMajor(codes)
  const values = new Float32Array(sizeOf(shape))
  const k = values.length / Math.max(1, scales.length)
  for (let i = 0; i < values.length; i++) values[i] = own[i]! * scales[Math.floor(i / k)]!
  return toNdarray({ ...contiguous(shape), data: values })
}
