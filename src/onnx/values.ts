/** Values of a program as tensors of a graph: what is known of each, and the nodes that bring its elements into an order. */
import type { Dtype } from '../layout/dtype.ts'
import { contiguous, type Layout, permute, sizeOf } from '../layout/layout.ts'
import { type Graph, tensorTypes } from './graph.ts'
import { taking } from './place.ts'

/** A value: a layout over a tensor of the graph, whose elements stand in row-major order. */
export interface GraphValue {
  /** The tensor's name and shape. */
  readonly tensor: string
  readonly shape: readonly number[]
  readonly dtype: Dtype
  readonly layout: Layout
}

/** An axis as a step from element to element; 0 where all are the same one. */
export interface Run {
  readonly length: number
  readonly stride: number
}

/** A tensor as the value that it is. */
export function whole(tensor: string, shape: readonly number[], dtype: Dtype): GraphValue {
  return { tensor, shape, dtype, layout: contiguous(shape) }
}

/** The same elements in another layout, or null where no nodes but Gather would bring them there. */
export function replaced(value: GraphValue, layout: Layout): GraphValue | null {
  return taking(value.shape, layout) && { ...value, layout }
}

/** The axes of a layout, each a group of its own. */
export function runsOf({ shape, stride }: Layout): Run[][] {
  return shape.map((length, axis) => [{ length, stride: stride[axis]! }])
}

/**
 * A tensor whose axes are groups of a value's axes, in row-major order, or null where no nodes but Gather would bring its elements there. `units`: groups along
 * which all elements are the same have length 1, for operators that repeat them by themselves.
 */
export function arranged(
  graph: Graph,
  { tensor, shape, layout: { offset } }: GraphValue,
  groups: readonly (readonly Run[])[],
  { units = false }: { readonly units?: boolean } = {},
): string | null {
  const joined = groups.map((runs) => (units && runs.every(isRepeated) ? [] : joinedRuns(runs)))
  const runs = joined.flat()
  const layout = { shape: runs.map(({ length }) => length), stride: runs.map(({ stride }) => stride), offset }
  const taken = taking(shape, layout)
  if (taken === null) return null
  const { cuts, order } = taken
  let [name, now] = [tensor, shape]
  const reshape = (next: readonly number[]) => {
    if (!sameShape(now, next)) name = graph.once('Reshape', [name, next])
    now = next
  }
  const parts = cuts.flatMap((cut, axis) =>
    cut.count < cut.length || cut.isReversed ? [{ ...cut, axis }] : [],
  )
  const isPermuted = order.some((place, i) => i > 0 && place < order[i - 1]!)
  if (parts.length > 0 || isPermuted) reshape(cuts.map(({ length }) => length))
  if (parts.length > 0) {
    const starts = parts.map(({ start, count, isReversed }) => (isReversed ? start + count - 1 : start))
    const ends = parts.map(({ start, count, isReversed }) =>
      !isReversed ? start + count : start === 0 ? before : start - 1,
    )
    const steps = parts.map(({ isReversed }) => (isReversed ? -1 : 1))
    const axes = parts.map(({ axis }) => axis)
    name = graph.once('Slice', [name, starts, ends, axes, steps])
    now = cuts.map(({ count }) => count)
  }
  if (isPermuted) {
    const left = cuts.flatMap((_, place) => (order.includes(place) ? [] : [place]))
    name = graph.once('Transpose', [name], { perm: [...order, ...left] })
    now = [...order, ...left].map((place) => now[place]!)
  }
  const known = runs.map((run) => (isRepeated(run) ? 1 : run.length))
  const repeated = runs.map(({ length }) => length)
  const result = joined.map((group) => sizeOf(group.map(({ length }) => length)))
  if (sameShape(known, repeated)) {
    reshape(result)
    return name
  }
  // groups of one run are repeated as they are; what is repeated inside of a group, before it is joined
  const isPlain = joined.every((group) => group.length < 2 || !group.some(isRepeated))
  reshape(
    isPlain ? joined.map((group) => sizeOf(group.map((run) => (isRepeated(run) ? 1 : run.length)))) : known,
  )
  now = isPlain ? result : repeated
  name = graph.once('Expand', [name, now])
  reshape(result)
  return name
}

/** Of a slice in reverse order that goes to the first element, where it ends. */
const before = -(2 ** 40)

/** A tensor of a value's elements in row-major order. */
export function inOrder(graph: Graph, value: GraphValue): string {
  const name = arranged(graph, value, runsOf(value.layout))
  if (name === null) throw new Error(`internal: a layout that no nodes make: ${JSON.stringify(value)}`)
  return name
}

/** The value over a tensor of its own. */
export function settled(graph: Graph, value: GraphValue): GraphValue {
  return whole(inOrder(graph, value), value.layout.shape, value.dtype)
}

/** A tensor for an operator that repeats elements along axes of length 1 by itself, as numpy does. */
export function forBroadcast(graph: Graph, value: GraphValue): string {
  return arranged(graph, value, runsOf(value.layout), { units: true })!
}

/** Of axes that stand one after the other, a value whose axes are groups of them: where strides cannot join a group, over a tensor of its own. */
export function grouped(graph: Graph, value: GraphValue, groups: readonly (readonly Run[])[]): GraphValue {
  const runs = groups.map(joinedRuns)
  const shape = groups.map((group) => sizeOf(group.map(({ length }) => length)))
  const { offset } = value.layout
  if (runs.every((group) => group.length < 2)) {
    const stride = runs.map(([run]) => run?.stride ?? 0)
    const placed = replaced(value, { shape, stride, offset })
    if (placed !== null) return placed
  }
  const name = arranged(graph, value, groups)
  if (name === null) throw new Error('internal: axes that no nodes bring into groups')
  return whole(name, shape, value.dtype)
}

/** Neighbours that one stride joins, joined; axes of length 1 left out. */
function joinedRuns(runs: readonly Run[]): Run[] {
  const joined: Run[] = []
  for (const run of runs) {
    if (run.length === 1) continue
    const last = joined.at(-1)
    if (last !== undefined && last.stride === run.stride * run.length) {
      joined[joined.length - 1] = { length: last.length * run.length, stride: run.stride }
    } else joined.push(run)
  }
  return joined
}

function isRepeated({ length, stride }: Run): boolean {
  return stride === 0 || length === 1
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis])
}

/** A tensor with axis `i` where axis `order[i]` stood. */
export function permuted(value: GraphValue, order: readonly number[]): GraphValue {
  return { ...value, layout: permute(value.layout, order) }
}

/** A value's elements as those of another dtype. */
export function cast(graph: Graph, value: GraphValue, dtype: Dtype): GraphValue {
  if (dtype === value.dtype) return value
  const to = tensorTypes[dtype]!
  return { ...value, tensor: graph.once('Cast', [value.tensor], { to }), dtype }
}
