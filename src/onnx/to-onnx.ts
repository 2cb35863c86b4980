/** Models, programs and functions of arrays as ONNX files. */
import { EinopsError } from '../../grammar/error.ts'
import { materialize } from '../copy/copy.ts'
import type { Dtype } from '../layout/dtype.ts'
import { sizeOf } from '../layout/layout.ts'
import { show, showShape } from '../layout/show.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { each, type Kinds, kind, mistakeIn, oneOf } from '../ops/kinds.ts'
import { Program, type ProgramStep } from '../program/program.ts'
import { type Traceable, trace } from '../program/trace.ts'
import { weightsOf } from '../program/weights.ts'
import type { AttentionForm } from './attend.ts'
import { batchesFor, lengthOf, united } from './batch.ts'
import { Graph, tensorTypes } from './graph.ts'
import { fileOf, firstOpset, lastOpset, type ModelParts } from './model.ts'
import { placedParameter } from './parameters.ts'
import { type GraphValue, inOrder, whole } from './values.ts'
import { written } from './writers.ts'

export interface OnnxOptions {
  /** The version of ONNX's operators, 17 to 24; 17 if not given. */
  readonly opset?: number | undefined
  /**
   * `'dynamic'`: the first axis of every input may have any length, which is what a model has if not given; a number: that length; `'fixed'`: the shapes as they
   * are, which is what a function has if not given.
   */
  readonly batch?: 'dynamic' | 'fixed' | number | undefined
  /**
   * `'plain'`, if not given: MatMul, Softmax, MatMul. `'fused'`: one node, the standard's Attention from operator set 23 on, before that MultiHeadAttention of
   * onnxruntime (`com.microsoft`).
   */
  readonly attention?: AttentionForm | undefined
  /**
   * `'int8'`: weights of products as int8 codes with a scale for each output channel, and DequantizeLinear; `'float32'`: none of them. If not given, each is written
   * as the model keeps it.
   */
  readonly precision?: 'float32' | 'int8' | undefined
  /** The shape of a model's input, where it does not tell (`model.inputShape`). */
  readonly shape?: readonly number[] | undefined
  /** The shapes of a function's inputs. */
  readonly shapes?: readonly (readonly number[])[] | undefined
  /** The dtypes of a function's inputs, `'float32'` for those not given. */
  readonly dtypes?: readonly Dtype[] | undefined
  /** Texts by name that the file carries: `metadata_props`. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

const kinds: Kinds<OnnxOptions> = {
  opset: {
    expected: `a whole number from ${firstOpset} to ${lastOpset}`,
    has: (value) =>
      Number.isInteger(value) && (value as number) >= firstOpset && (value as number) <= lastOpset,
  },
  batch: {
    expected: "'dynamic' or 'fixed' or a whole number from 1",
    has: (value) => value === 'dynamic' || value === 'fixed' || kind.length.has(value),
  },
  attention: oneOf(['plain', 'fused']),
  precision: oneOf(['float32', 'int8']),
  metadata: {
    expected: 'texts by name',
    has: (value) =>
      value !== null &&
      typeof value === 'object' &&
      Object.values(value).every((text) => typeof text === 'string'),
  },
  shapes: {
    expected: 'a list of shapes, one for each input: [[1, 3, 224, 224]]',
    has: (value) => Array.isArray(value) && value.every(Array.isArray),
  },
  ...each(kind.anything, 'shape', 'dtypes'),
}

/**
 * A model, a program or a function of arrays as an ONNX file, to be run by onnxruntime and whatever else reads ONNX. Inputs are called `x` (`x1`, `x2`, … of
 * several), the output `y`; parameters keep their names, and their shapes.
 *
 * @param model a model, in evaluation mode; what `trace` gives; or a function of arrays, made of the library's operations, with `shapes` of its inputs
 * @param options the operator set, the batch, the form of attention, the precision
 * @returns the file
 * @throws {EinopsError} for a step that ONNX cannot say, where no one graph serves every batch, for a parameter that is called as an input or the output is, and for a
 *   file larger than 2 GB
 *
 * @example
 * import { toOnnx } from 'tesserae/onnx'
 *
 * const model = new VisionTransformer({ imgSize: 32, patchSize: 8, embedDim: 48, depth: 2, numHeads: 3, numClasses: 10 })
 * const file = toOnnx(model) // x: [batch, 3, 32, 32] → y: [batch, 10]
 * file.length > 4 * 60_000 // → true
 * const layout = toOnnx((image) => rearrange(image, 'h w c -> 1 c h w'), { shapes: [[32, 32, 3]] })
 * layout.length < 1000 // → true
 */
export function toOnnx(model: Traceable | Program, options?: OnnxOptions): Uint8Array<ArrayBuffer>
export function toOnnx<A extends NdArray<Data>[]>(
  f: (...inputs: A) => NdArray<Data>,
  options: OnnxOptions & { readonly shapes: readonly (readonly number[])[] },
): Uint8Array<ArrayBuffer>
export function toOnnx(
  model: Traceable | Program | ((...inputs: never[]) => NdArray<Data>),
  options: OnnxOptions = {},
): Uint8Array<ArrayBuffer> {
  const mistake = mistakeIn(options, kinds)
  if (mistake !== undefined) throw new EinopsError({ operation: 'toOnnx', ...mistake })
  return fileOf(partsOf(programOf(model, options), options))
}

function programOf(
  model: Traceable | Program | ((...inputs: never[]) => NdArray<Data>),
  { shape, shapes, dtypes }: OnnxOptions,
): Program {
  if (model instanceof Program) return model
  if (typeof model === 'function') {
    if (shapes === undefined || shapes.length === 0)
      throw missing('shapes', "a function's inputs have shapes", '{ shapes: [[1, 3, 224, 224]] }')
    return trace(model as (...inputs: NdArray<Data>[]) => NdArray<Data>, shapes, { dtypes })
  }
  const own = shape ?? (model as Partial<Traceable> | null)?.inputShape
  if (own === undefined && typeof (model as Partial<Traceable> | null)?.compute === 'function')
    throw missing('shape', 'the model does not tell the shape of its input', '{ shape: [1, 3, 224, 224] }')
  return trace(model, own ?? [])
}

function missing(option: string, why: string, hint: string): EinopsError {
  return new EinopsError({
    code: 'onnx/shape',
    operation: 'toOnnx',
    what: `option '${option}' is missing: ${why}`,
    values: { option },
    hint,
  })
}

function partsOf(program: Program, options: OnnxOptions): ModelParts {
  const { batch = program.isModel ? 'dynamic' : 'fixed', metadata = {} } = options
  const batches = batch === 'dynamic' ? batchesFor(program) : []
  const sizes = batch === 'dynamic' ? batches : [batch]
  const shapesFor = (size: number | 'fixed') =>
    program.inputs.map(({ shape }) => {
      if (size === 'fixed') return shape
      if (shape.length > 0) return shape.with(0, size)
      throw missing('batch', 'an input without axes has no batch', "batch: 'fixed'")
    })
  const programs = sizes.map((size) => program.retrace(shapesFor(size)))
  const graphs = programs.map((one) => graphOf(one, options))
  const [first] = programs as [Program]
  const graph = batch === 'dynamic' ? united(graphs, batches, namesOf(first)[0]!) : graphs[0]!
  const port = (name: string, values: readonly { shape: readonly number[]; dtype: Dtype }[]) => ({
    name,
    type: tensorTypes[values[0]!.dtype]!,
    shape: values[0]!.shape.map((length, axis) =>
      sizes.length === 1
        ? length
        : lengthOf(
            values.map(({ shape }) => shape[axis]!),
            batches,
            name,
          ),
    ),
  })
  return {
    ...{ name: program.name, graph, metadata },
    inputs: namesOf(first).map((name, i) =>
      port(
        name,
        programs.map(({ inputs }) => inputs[i]!),
      ),
    ),
    outputs: [
      port(
        'y',
        programs.map(({ output }) => output),
      ),
    ],
  }
}

function namesOf({ inputs }: Program): string[] {
  return inputs.map((_, i) => (inputs.length === 1 ? 'x' : `x${i + 1}`))
}

/** The nodes of a program. */
function graphOf(
  program: Program,
  { opset = firstOpset, attention = 'plain', precision }: OnnxOptions,
): Graph {
  expectElements(program)
  const graph = new Graph(opset)
  const values = new Map<number, GraphValue>()
  const weights = precision === 'int8' ? weightsOf(program) : new Set()
  for (const [i, name] of namesOf(program).entries()) {
    const { id, shape, dtype } = program.inputs[i]!
    values.set(id, whole(name, shape, dtype))
  }
  for (const one of program.parameters)
    values.set(one.id, placedParameter(graph, one, precision, weights.has(one.id)))
  for (const { id, source, dtype } of program.constants) values.set(id, constant(graph, source, dtype))
  for (const { step, inputs, output, scopes } of program.steps) {
    graph.path = scopes.map(({ name, number }) => `/${name}_${number}`).join('')
    const known = inputs.map(({ id }) => values.get(id)!)
    values.set(output.id, written({ graph, attention, shape: output.shape }, step, known))
  }
  graph.path = ''
  const result = inOrder(graph, values.get(program.output.id)!)
  const last = graph.nodes.at(-1)
  if (last?.output === result) graph.nodes.splice(-1, 1, { ...last, output: 'y' })
  else graph.nodes.push({ op: 'Identity', domain: '', inputs: [result], output: 'y', attributes: {} })
  return graph
}

/** Numbers that never change; those that are all the same are one number, repeated. */
function constant(graph: Graph, source: Tensor, dtype: Dtype): GraphValue {
  const { data, offset } = materialize(source)
  const { shape } = source
  const size = sizeOf(shape)
  const elements = (data as Float32Array).subarray(offset, offset + size)
  const type = tensorTypes[dtype]!
  if (elements.every((element) => Object.is(element, elements[0]))) {
    const name = graph.scalar(type, elements.subarray(0, 1))
    return { tensor: name, shape: [], dtype, layout: { shape, stride: shape.map(() => 0), offset: 0 } }
  }
  return whole(graph.constant({ type, shape, data: elements }), shape, dtype)
}

/** Refuses what ONNX has no tensors of. */
function expectElements({ inputs, constants, parameters, steps }: Program): void {
  const values = [...inputs, ...constants, ...parameters, ...steps.map(({ output }: ProgramStep) => output)]
  for (const { shape, dtype } of values) {
    if (tensorTypes[dtype] === undefined) {
      throw new EinopsError({
        code: 'onnx/dtype',
        operation: 'toOnnx',
        what: `ONNX has no tensors of this dtype — got ${show(dtype)}, expected numbers in a typed array`,
        values: { got: dtype },
      })
    }
    if (!shape.includes(0)) continue
    throw new EinopsError({
      code: 'onnx/empty',
      operation: 'toOnnx',
      what: `an array without elements has no place in a graph — got ${showShape(shape)}`,
      values: { got: shape },
    })
  }
}
