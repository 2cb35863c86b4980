/** What goes along rows: softmax, norms, reductions, sums of products that are too thin for tiles, the weights of attention, and the slopes of these. */
import type { ReductionName } from '../copy/reduction.ts'
import { type Joining, Lanes } from './lanes.ts'
import { type Finish, float, type Group, type KernelCode, type Operand, Shader } from './shader.ts'

/** What is computed along some axes of elements, and where it goes. */
export interface RowProblem {
  readonly lengths: readonly number[]
  readonly rows: Group
  readonly along: Group
  readonly output: Operand
  readonly finishes: readonly Finish[]
}

const widthOf = (shader: Shader, along: Group, operands: readonly Operand[], groups: readonly Group[]) =>
  shader.count(along) % 4 === 0 && operands.some((operand) => shader.isVector(operand, groups, 1)) ? 4 : 1

/** Softmax of each row, or its logarithm. */
export function softmaxCode(problem: RowProblem, x: Operand, log: boolean): KernelCode {
  const { shader, lanes, read } = begun(problem, [x])
  shader.putter(problem.output, [problem.rows, problem.along], problem.finishes, read.width)
  return lanes
    .joined('largest', 'max', `${read.x}(row, i)`)
    .joined('total', 'add', `exp(${read.x}(row, i) - largest)`)
    .line(log ? 'let logarithm = log(total);' : 'let factor = 1.0 / total;')
    .stored(
      log
        ? `put(row, i, ${read.x}(row, i) - largest - logarithm);`
        : `put(row, i, exp(${read.x}(row, i) - largest) * factor);`,
    )
    .finish('softmax')
}

export interface NormForm {
  readonly eps: number
  readonly centred: boolean
}

/** Layer norm or RMS norm of each row; factors and summands are finishes. */
export function normCode(problem: RowProblem, x: Operand, form: NormForm): KernelCode {
  const { shader, lanes, read } = begun(problem, [x])
  shader.putter(problem.output, [problem.rows, problem.along], problem.finishes, read.width)
  normalised(lanes, read.x!, form, shader.count(problem.along))
  return lanes.stored(`put(row, i, (${read.x}(row, i) - mean) * scale);`).finish('norm')
}

/** Mean and scale of each row, in two passes: differences of squares would cancel. */
function normalised(lanes: Lanes, read: string, { eps, centred }: NormForm, n: number): void {
  if (centred) lanes.joined('sum', 'add', `${read}(row, i)`).line(`let mean = sum * ${float(1 / n)};`)
  else lanes.line('let mean = 0.0f;')
  lanes
    .joined('squares', 'add', 'd * d', `let d = ${read}(row, i) - mean; `)
    .line(`let scale = inverseSqrt(squares * ${float(1 / n)} + ${float(eps)});`)
}

const folds: Readonly<Record<Exclude<ReductionName, 'mean'>, Joining>> = {
  ...{ sum: 'add', prod: 'multiply', min: 'min', max: 'max', any: 'max', all: 'min' },
}

/** The elements along an axis folded into one. */
export function foldCode(problem: RowProblem, x: Operand, reduction: ReductionName): KernelCode {
  const isTruth = reduction === 'any' || reduction === 'all'
  const isFloat = x.type === 'f32' || x.type === 'f16'
  const { shader, lanes, read } = begun(problem, isFloat ? [x] : [], isFloat ? undefined : 1)
  const own = isFloat
    ? `${read.x}(row, i)`
    : `f32(${shader.reader(x, [problem.rows, problem.along])}(row, i))`
  const T = read.width === 4 ? 'vec4<f32>' : 'f32'
  const element = isTruth ? `select(${T}(1.0), ${T}(0.0), ${own} == ${T}(0.0))` : own
  shader.putter(problem.output, [problem.rows], problem.finishes, 1)
  lanes.joined('all', folds[reduction === 'mean' ? 'sum' : reduction], element)
  const result = reduction === 'mean' ? `all * ${float(1 / shader.count(problem.along))}` : 'all'
  const { type } = problem.output
  return lanes.once(`put(row, ${type === 'f32' ? result : `${type}(${result})`});`).finish(reduction)
}

/** For each row the sum of the products of all operands' elements. */
export function sumCode(problem: RowProblem, operands: readonly Operand[]): KernelCode {
  const { shader, lanes, read } = begun(problem, operands)
  shader.putter(problem.output, [problem.rows], problem.finishes, 1)
  const product = read.all.map((name) => `${name}(row, i)`).join(' * ')
  return lanes.joined('sum', 'add', product).once('put(row, sum);').finish('sum of products')
}

/** How a change of softmax, whose result is y, becomes one of its input. */
export function softmaxSlopeCode(problem: RowProblem, g: Operand, y: Operand, log: boolean): KernelCode {
  const { shader, lanes, read } = begun(problem, [g, y])
  shader.putter(problem.output, [problem.rows, problem.along], problem.finishes, read.width)
  const [change, result] = read.all.map((name) => `${name}(row, i)`)
  return lanes
    .joined('sum', 'add', log ? `${change}` : `${change} * ${result}`)
    .stored(`put(row, i, ${log ? `${change} - exp(${result}) * sum` : `${result} * (${change} - sum)`});`)
    .finish('slope of softmax')
}

/** How a change of a norm of x becomes one of x. */
export function normSlopeCode(
  problem: RowProblem,
  [g, x, weight]: readonly [Operand, Operand, Operand?],
  form: NormForm,
): KernelCode {
  const { shader, lanes, read } = begun(problem, weight ? [g, x, weight] : [g, x])
  shader.putter(problem.output, [problem.rows, problem.along], problem.finishes, read.width)
  const n = shader.count(problem.along)
  const [ofResult, of, factor] = read.all.map((name) => `${name}(row, i)`)
  const change = factor === undefined ? ofResult! : `${ofResult} * ${factor}`
  const own = `((${of}) - mean) * scale`
  normalised(lanes, read.all[1]!, form, n)
  lanes
    .joined('sum_of', 'add', change)
    .joined('along', 'add', `${change} * ${own}`)
    .line(`let level = ${form.centred ? `sum_of * ${float(1 / n)}` : '0.0f'};`)
    .stored(`put(row, i, scale * (${change} - level - ${own} * (along * ${float(1 / n)})));`)
  return lanes.finish('slope of norm')
}

/** How a change of a least or greatest element or of a product becomes one of each element. */
export function foldSlopeCode(
  problem: RowProblem,
  g: Operand,
  x: Operand,
  reduction: 'min' | 'max' | 'prod',
): KernelCode {
  const { shader, lanes, read } = begun(problem, [g, x], 1)
  shader.putter(problem.output, [problem.rows, problem.along], problem.finishes, 1)
  const [change, own] = read.all.map((name) => `${name}(row, i)`)
  const n = shader.count(problem.along)
  if (reduction === 'prod') {
    return lanes
      .stored(
        `var others = ${change};
  for (var j = 0u; j < ${n}u; j++) { if (j != i) { others *= ${read.all[1]}(row, j); } }
  put(row, i, others);`,
      )
      .finish('slope of a product')
  }
  return lanes
    .joined('best', reduction, own!)
    .joined('ties', 'add', `select(0.0, 1.0, ${own} == best)`)
    .stored(`put(row, i, select(0.0, ${change} / ties, ${own} == best));`)
    .finish(`slope of ${reduction}`)
}

/** softmax(scale · q kᵀ + added): the scores go where the weights will be, each read again only by the lane that wrote it. */
export interface WeightsProblem extends RowProblem {
  /** The axis of q and k that is summed. */
  readonly depth: Group
  readonly scale: number
}

export function weightsCode(
  problem: WeightsProblem,
  [q, k, added]: readonly [Operand, Operand, Operand?],
): KernelCode {
  const { rows, along, depth } = problem
  const shader = new Shader(problem.lengths)
  const lanes = new Lanes(shader, rows, along, 1)
  const groups = [rows, along, depth]
  const [readQ, readK] = [q, k].map((operand) => shader.reader(operand, groups))
  const bias = added ? ` + ${shader.reader(added, [rows, along])}(row, i)` : ''
  shader.putter(problem.output, [rows, along], problem.finishes, 1)
  shader.part(
    'score',
    `fn score(row: u32, i: u32) -> f32 {
  var sum = 0.0f;
  for (var c = 0u; c < ${shader.count(depth)}u; c++) { sum += ${readQ}(row, i, c) * ${readK}(row, i, c); }
  return sum * ${float(problem.scale)}${bias};
}`,
  )
  return lanes
    .joined('largest', 'max', 'score(row, i)')
    .joined('total', 'add', 'exp(score(row, i) - largest)')
    .stored('put(row, i, exp(score(row, i) - largest) / total);')
    .finish('attention weights')
}

/** The shader of a problem, with readers of its operands. */
function begun(problem: RowProblem, operands: readonly Operand[], most?: 1) {
  const shader = new Shader(problem.lengths)
  const groups = [problem.rows, problem.along]
  const width = most ?? widthOf(shader, problem.along, operands, groups)
  const all = operands.map((operand) => shader.reader(operand, groups, width === 4 ? 1 : null))
  const lanes = new Lanes(shader, problem.rows, problem.along, width)
  return { shader, lanes, read: { width: width as 1 | 4, all, x: all[0] } }
}
