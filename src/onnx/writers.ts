/**
 * The table of steps as nodes: a writer for each kind, as the compiler sees to. Steps that only say where elements are, write nothing: their result is another
 * layout over the same tensor, and whoever needs it brings the elements there (values.ts).
 */
import { EinopsError } from '../../grammar/error.ts'
import { resultDtype } from '../copy/reduction.ts'
import { type Dtype, isFloatDtype } from '../layout/dtype.ts'
import { type Layout, sizeOf } from '../layout/layout.ts'
import { slideWindow, windowCount } from '../layout/window.ts'
import { describe } from '../program/print.ts'
import type { ZipName } from '../rows/zip.ts'
import { sliced } from '../steps/slice.ts'
import type { Fold, Place, Slice, Slide, Step, StepKind, StepOf } from '../steps/step.ts'
import { activated } from './activation.ts'
import { type AttentionForm, attended } from './attend.ts'
import { contracted } from './contract.ts'
import { type Graph, tensorTypes } from './graph.ts'
import { normed, reduced } from './norm.ts'
import {
  arranged,
  cast,
  forBroadcast,
  type GraphValue,
  grouped,
  inOrder,
  type Run,
  replaced,
  runsOf,
  settled,
  whole,
} from './values.ts'

/** What writers know beside the step. */
export interface Writing {
  readonly graph: Graph
  readonly attention: AttentionForm
  /** The shape of the step's result. */
  readonly shape: readonly number[]
}

type Writer<S extends Step> = (writing: Writing, step: S, inputs: readonly GraphValue[]) => GraphValue

const writers: { readonly [K in StepKind]: Writer<StepOf<K>> } = {
  rearrange({ graph }, { plan, dtype }, [x]) {
    const groups = ({ layout }: GraphValue) =>
      plan.dimensions.map((axes) =>
        axes.map(({ length, dimension, step }) => ({
          length,
          stride: dimension < 0 ? 0 : layout.stride[dimension]! * step,
        })),
      )
    const value = divisible(graph, x!, (value) => plan.kept(value.layout))
    const result = grouped(graph, value, groups(value))
    return dtype === null ? result : converted(graph, result, dtype)
  },
  slice: ({ graph }, step, [x]) =>
    replaced(x!, sliced(x!.layout, step)) ?? cutOut(graph, step, settled(graph, x!)),
  place: ({ graph, shape }, step, [x]) => padded(graph, step, x!, shape),
  window: ({ graph }, step, [x]) =>
    replaced(x!, slideWindow(x!.layout, step.axis, step.window)) ?? windows(graph, step, x!),
  pack({ graph, shape }, { before, after, dtype }, inputs) {
    const parts = inputs.map((input) => {
      const value = dtype === null ? input : converted(graph, input, dtype)
      const runs = runsOf(value.layout)
      const end = runs.length - after
      const groups = [...runs.slice(0, before), runs.slice(before, end).flat(), ...runs.slice(end)]
      return arranged(graph, value, groups) ?? arranged(graph, settled(graph, value), groups)!
    })
    return whole(graph.emit('Concat', parts, { axis: before }), shape, dtype ?? inputs[0]!.dtype)
  },
  gather({ graph, shape }, _, [x, indices]) {
    const places = inOrder(graph, cast(graph, indices!, 'bigint64'))
    const apart = graph.once('Reshape', [places, [...indices!.layout.shape, 1]])
    return whole(graph.emit('GatherND', [inOrder(graph, x!), apart], { batch_dims: 1 }), shape, x!.dtype)
  },
  scatter: (_, step) => refused(step),
  fold: ({ graph }, step, [x]) => folded(graph, step, x!),
  opaque: (_, step) => refused(step),
  contract: ({ graph }, step, inputs) => contracted(graph, step, inputs),
  attend: ({ graph, attention }, step, inputs) => attended(graph, step, inputs, attention),
  softmax({ graph, shape }, { axis, log }, [x]) {
    return whole(graph.emit(log ? 'LogSoftmax' : 'Softmax', [inOrder(graph, x!)], { axis }), shape, x!.dtype)
  },
  norm: ({ graph }, step, inputs) => normed(graph, step, inputs),
  map: ({ graph }, { fn }, [x]) => activated(graph, x!, fn),
  drop: (_, step) => refused(step),
  zip({ graph, shape }, { fn }, [a, b]) {
    const tensors = [a!, b!].map((value) => forBroadcast(graph, value))
    const varies = (axis: number) =>
      [a!, b!].some(({ layout }) => (layout.stride[axis - shape.length + layout.shape.length] ?? 0) !== 0)
    const own = shape.map((length, axis) => (length > 1 && varies(axis) ? length : 1))
    const result = whole(graph.emit(arithmetic[fn], tensors), own, a!.dtype)
    const stride = result.layout.stride.map((step, axis) => (own[axis] === shape[axis] ? step : 0))
    return { ...result, layout: { ...result.layout, shape, stride } }
  },
  slope: (_, step) => refused(step),
}

const arithmetic: Record<ZipName, string> = { add: 'Add', subtract: 'Sub', multiply: 'Mul', divide: 'Div' }

/** The nodes of a step, and the value that it gives. */
export function written(writing: Writing, step: Step, inputs: readonly GraphValue[]): GraphValue {
  return (writers[step.kind] as Writer<Step>)(writing, step, inputs)
}

const remedies: Readonly<Partial<Record<StepKind, string>>> = {
  opaque: "reduce by a name, as 'mean', or do it outside of the graph",
}

/** What no graph says. */
function refused(step: Step): never {
  throw new EinopsError({
    code: 'onnx/step',
    operation: 'toOnnx',
    what: `ONNX has no way to say the step '${describe(step)}'`,
    values: { kind: step.kind },
    hint: remedies[step.kind] ?? 'it belongs to learning: export the model itself',
  })
}

/** The value as it is, where nodes bring its elements into a layout of the same axes; else over a tensor of its own. */
function divisible(graph: Graph, value: GraphValue, layoutOf: (value: GraphValue) => Layout): GraphValue {
  return replaced(value, layoutOf(value)) === null ? settled(graph, value) : value
}

function layoutOf({ layout: { offset } }: GraphValue, runs: readonly Run[]): Layout {
  return { shape: runs.map(({ length }) => length), stride: runs.map(({ stride }) => stride), offset }
}

/** Elements of another dtype. Of bytes that clamp, those nearest to what there is; runtimes have no Clip of every kind of integer. */
function converted(graph: Graph, given: GraphValue, dtype: Dtype): GraphValue {
  if (dtype !== 'uint8_clamped' || tensorTypes[given.dtype] === tensorTypes.uint8)
    return cast(graph, given, dtype)
  const value = isFloatDtype(given.dtype) ? given : cast(graph, given, 'float64')
  const type = tensorTypes[value.dtype]!
  const round = graph.once('Round', [value.tensor])
  const tensor = graph.once('Clip', [round, graph.number(0, type), graph.number(255, type)])
  return cast(graph, { ...value, tensor }, dtype)
}

/** A slice whose places have no common divisor with the axis: Slice itself. */
function cutOut(graph: Graph, { axis, start, step, lengths }: Slice, x: GraphValue): GraphValue {
  const count = sizeOf(lengths)
  const last = start + step * (count - 1)
  const end = step > 0 ? last + 1 : last > 0 ? last - 1 : -(2 ** 40)
  const part = graph.once('Slice', [x.tensor, [start], [end], [axis], [step]])
  const value = whole(part, x.shape.with(axis, count), x.dtype)
  return replaced(value, { ...sliced(value.layout, { axis, start: 0, step: 1, lengths }) })!
}

/** Windows that overlap: the axis's elements by their places. */
function windows(graph: Graph, { axis, window }: Slide, x: GraphValue): GraphValue {
  const { size, stride, dilation } = window
  const count = windowCount(x.layout.shape[axis]!, window)
  const places = Array.from({ length: count * size }, (_, i) =>
    BigInt(Math.floor(i / size) * stride + (i % size) * dilation),
  )
  const indices = graph.constant({ type: 7, shape: [count, size], data: BigInt64Array.from(places) })
  const tensor = graph.emit('Gather', [inOrder(graph, x), indices], { axis })
  return whole(tensor, x.layout.shape.toSpliced(axis, 1, count, size), x.dtype)
}

/** Elements among zeros. */
function padded(
  graph: Graph,
  { axis, start, step, count }: Place,
  x: GraphValue,
  shape: readonly number[],
): GraphValue {
  const runs = runsOf(x.layout)
  const groups = runs.toSpliced(axis, count, runs.slice(axis, axis + count).flat())
  const value = grouped(
    graph,
    divisible(graph, x, ({ layout }) => layout),
    groups,
  )
  const length = value.layout.shape[axis]!
  const pad = (tensor: string, at: number, before: number, after: number, rank: number) => {
    const pads = new Array<number>(2 * rank).fill(0)
    pads[at] = before
    pads[rank + at] = after
    return graph.emit('Pad', [tensor, pads])
  }
  const rank = shape.length
  const stretch = Math.abs(step)
  let tensor = inOrder(graph, step < 0 ? reversed(value, axis) : value)
  if (stretch > 1) {
    const apart = graph.emit('Reshape', [tensor, value.layout.shape.toSpliced(axis + 1, 0, 1)])
    const wide = pad(apart, axis + 1, 0, stretch - 1, rank + 1)
    tensor = graph.emit('Reshape', [wide, value.layout.shape.with(axis, length * stretch)])
  }
  const first = step < 0 ? start + step * (length - 1) : start
  return whole(pad(tensor, axis, first, shape[axis]! - first - length * stretch, rank), shape, x.dtype)
}

function reversed(value: GraphValue, axis: number): GraphValue {
  const length = value.layout.shape[axis]!
  return { ...value, layout: sliced(value.layout, { axis, start: length - 1, step: -1, lengths: [length] }) }
}

const reductions: Readonly<Record<Fold['reduction'], string>> = {
  ...{ sum: 'ReduceSum', mean: 'ReduceMean', prod: 'ReduceProd' },
  ...{ min: 'ReduceMin', max: 'ReduceMax', any: 'ReduceMax', all: 'ReduceMin' },
}

/** A reduction over the axes as they stand in memory: the result's order is another layout. */
function folded(graph: Graph, { plan, reduction, dtype }: Fold, x: GraphValue): GraphValue {
  const target = resultDtype(reduction, x.dtype)!
  const isTruth = reduction === 'any' || reduction === 'all'
  // ONNX has no least and largest of 16 bits
  const elements = isTruth ? truths(graph, x) : cast(graph, x, target.endsWith('int16') ? 'int32' : target)
  const runsOn = ({ layout: { stride } }: GraphValue) =>
    [...plan.axes, ...plan.reduced].map(({ length, dimension, step }, i) => ({
      length,
      stride: dimension < 0 ? 0 : stride[dimension]! * step,
      keeps: i < plan.axes.length ? i : -1,
    }))
  const value = divisible(graph, elements, (value) => layoutOf(value, runsOn(value)))
  const all = runsOn(value)
  const inMemory = all
    .filter(({ keeps, length, stride }) => keeps < 0 || (length > 1 && stride !== 0))
    .sort((a, b) => Math.abs(b.stride) - Math.abs(a.stride))
  const axes = inMemory.flatMap(({ keeps }, place) => (keeps < 0 ? [place] : []))
  const tensor = arranged(
    graph,
    value,
    inMemory.map((run) => [run]),
  )!
  const name = axes.length === 0 ? tensor : reduced(graph, reductions[reduction], tensor, axes, 0)
  const left = inMemory.filter(({ keeps }) => keeps >= 0)
  const result = whole(
    name,
    left.map(({ length }) => length),
    value.dtype,
  )
  const strideOf = (keeps: number) => result.layout.stride[left.findIndex((run) => run.keeps === keeps)] ?? 0
  let at = 0
  const groups = plan.dimensions.map((axes) => axes.map(({ length }) => ({ length, stride: strideOf(at++) })))
  const folded = cast(graph, grouped(graph, result, groups), target)
  return dtype === null ? folded : converted(graph, folded, dtype)
}

/** 1 for what is not zero. */
function truths(graph: Graph, x: GraphValue): GraphValue {
  const bool = graph.once('Cast', [x.tensor], { to: 9 })
  return { ...x, tensor: graph.once('Cast', [bool], { to: tensorTypes.uint8! }), dtype: 'uint8' }
}
