/** What is done element by element: copies from one layout to another, sums and products of two, functions, and elements picked by index. */
import type { Mapped } from './functions.ts'
import { type Finish, float, type Group, type KernelCode, type Operand, Shader, wide } from './shader.ts'

const invocations = 64

/** Elements over axes of these lengths, one after the other. */
export interface ElementProblem {
  readonly lengths: readonly number[]
  readonly output: Operand
  readonly finishes: readonly Finish[]
}

const everything = ({ lengths }: ElementProblem): Group => lengths.map((_, axis) => axis)

/** Each element as it is, or as `convert` makes it; what is done to it besides, the finishes say. */
export function elementsCode(
  problem: ElementProblem,
  x: Operand,
  label: string,
  convert: Mapped | null = null,
): KernelCode {
  const { output, finishes } = problem
  const shader = new Shader(problem.lengths)
  const all = [everything(problem)]
  const operands = [
    output,
    x,
    ...finishes.flatMap((finish) => (finish.kind === 'zip' ? [finish.operand] : [])),
  ]
  const count = shader.count(all[0]!)
  const isSame = convert === null && wide(x.type) === output.type
  const width = isSame && count % 4 === 0 && operands.some((own) => shader.isVector(own, all, 0)) ? 4 : 1
  const element = `${shader.reader(x, all, width === 4 ? 0 : null)}(i)`
  shader.putter(output, all, finishes, width)
  const value = isSame ? element : shader.converted(element, output.type, convert)
  return each(shader, label, count / width, `put(i, ${value});`, width)
}

/** g · f′(x). */
export function mapSlopeCode(problem: ElementProblem, g: Operand, x: Operand, fn: Finish): KernelCode {
  const product: Finish = { kind: 'zip', fn: 'multiply', operand: g }
  return elementsCode({ ...problem, finishes: [fn, product, ...problem.finishes] }, x, 'slope of a function')
}

/** The elements at `start`, `start + step`, … of one axis, [count], of an output that is zero elsewhere. */
export interface Placing {
  readonly axis: number
  readonly start: number
  readonly step: number
  readonly count: number
}

/** Zeros with elements at their places: `from` are the axes of x that stand where the output has one. */
export function placeCode(
  problem: ElementProblem,
  x: Operand,
  { axis, start, step, count }: Placing,
  from: { readonly lengths: readonly number[]; readonly groups: readonly Group[] },
): KernelCode {
  const shader = new Shader(problem.lengths)
  const all = everything(problem)
  const before = all.slice(0, axis)
  const after = all.slice(axis + 1)
  // x: [before, the placed axes, after], of which the shader of the output knows nothing: its places are counted as one index for each of the three
  const source = new Shader(from.lengths)
  const at = source.offset(x, from.groups, ['i0', 'p', 'i2'])
  const value = shader.element(x, `(${at})`)
  shader.putter(problem.output, [before, [axis], after], problem.finishes, 1)
  const [length, inner] = [problem.lengths[axis]!, shader.count(after)]
  const body = `let i2 = i % ${inner}u;
let i1 = i / ${inner}u % ${length}u;
let i0 = i / ${inner * length}u;
let way = ${step > 0 ? `i32(i1) - ${start}` : `${start} - i32(i1)`};
let p = u32(max(way, 0)) / ${Math.abs(step)}u;
var v = ${wide(x.type)}(0);
if (way >= 0 && way % ${Math.abs(step)} == 0 && p < ${count}u) { v = ${value}; }
put(i0, i1, i2, v);`
  return each(shader, 'place', shader.count(all), body)
}

/** Of each row of x [b, n, …] the elements along axis 1 that the indices [b, m] name. */
export function gatherCode(
  problem: ElementProblem,
  x: Operand,
  indices: Operand,
  length: number,
): KernelCode {
  const shader = new Shader(problem.lengths)
  const [b, m, ...rest] = everything(problem) as [number, number, ...number[]]
  const index = shader.reader(indices, [[b], [m]])
  // along axis 1 of x, whose length is not the output's
  const along = x.stride[1]! >>> 0
  const at = shader.offset({ ...x, stride: x.stride.with(1, 0) }, [[b], [m], rest], ['i0', 'i1', 'i2'])
  shader.putter(problem.output, [[b], [m], rest], problem.finishes, 1)
  const body = `${threeOf(shader, m, rest)}
let k = min(u32(${index}(i0, i1)), ${length - 1}u);
put(i0, i1, i2, ${shader.element(x, `(${at} + k * ${along}u)`)});`
  return each(shader, 'gather', shader.count(everything(problem)), body)
}

/** Rows [b, m, …] added up where the indices [b, m] say. */
export function scatterCode(
  problem: ElementProblem,
  rows: Operand,
  indices: Operand,
  count: number,
): KernelCode {
  const shader = new Shader(problem.lengths)
  const [b, n, ...rest] = everything(problem) as [number, number, ...number[]]
  const none = (operand: Operand) => ({ ...operand, stride: operand.stride.with(1, 0) })
  const groups = [[b], [n], rest]
  const [row, index] = [rows, indices].map((operand) => {
    const at = shader.offset(none(operand), groups, ['i0', 'i1', 'i2'])
    return shader.element(operand, `(${at} + j * ${operand.stride[1]! >>> 0}u)`)
  })
  shader.putter(problem.output, groups, problem.finishes, 1)
  const body = `${threeOf(shader, n, rest)}
var sum = ${float(0)};
for (var j = 0u; j < ${count}u; j++) {
  if (u32(${index}) == i1) { sum += f32(${row}); }
}
put(i0, i1, i2, sum);`
  return each(shader, 'scatter', shader.count(everything(problem)), body)
}

/** Takes the number of an element apart: its row of the batch, its place along axis 1, and the rest. */
function threeOf(shader: Shader, axis: number, rest: Group): string {
  const inner = shader.count(rest)
  const length = shader.lengths[axis]!
  return `let i2 = i % ${inner}u;
let i1 = i / ${inner}u % ${length}u;
let i0 = i / ${inner * length}u;`
}

/** Runs lines for every `i`, or every fourth, one invocation for each. */
function each(shader: Shader, label: string, count: number, body: string, width = 1): KernelCode {
  const text = `let n = g * ${invocations}u + t;
if (n >= ${count}u) { return; }
let i = n * ${width}u;
${body}`
  return shader.finish(label, invocations, Math.ceil(count / invocations), text)
}
