/**
 * Runs an ONNX file by the definitions of its operators (onnx.ai/onnx/operators), one element at a time and in double precision: slow, and written from the
 * standard alone, so that files can be held against it where no runtime is installed.
 */
import type { OnnxFile, OnnxNode, Tensor } from './read.ts'

type Operator = (inputs: readonly Tensor[], attributes: OnnxNode['attributes']) => Tensor

const sizeOf = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1)
const stridesOf = (shape: readonly number[]) => shape.map((_, axis) => sizeOf(shape.slice(axis + 1)))

function make(type: number, shape: readonly number[], at: (index: number[]) => number): Tensor {
  const strides = stridesOf(shape)
  const values = Array.from({ length: sizeOf(shape) }, (_, flat) =>
    at(shape.map((length, axis) => Math.floor(flat / strides[axis]!) % length)),
  )
  return { type, shape, values }
}

/** The element at an index; axes of length 1 repeat, and missing ones in front. */
function elementOf({ shape, values }: Tensor, index: readonly number[]): number {
  const own = index.slice(index.length - shape.length)
  return values[
    stridesOf(shape).reduce((sum, stride, axis) => sum + (shape[axis] === 1 ? 0 : own[axis]! * stride), 0)
  ]!
}

function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const [x, y] = [a[a.length - rank + i] ?? 1, b[b.length - rank + i] ?? 1]
    if (x !== y && x !== 1 && y !== 1) throw new Error(`[${a}] and [${b}] do not broadcast`)
    return Math.max(x, y)
  })
}

const binary =
  (f: (a: number, b: number) => number): Operator =>
  ([a, b]) =>
    make(a!.type, broadcast(a!.shape, b!.shape), (index) => f(elementOf(a!, index), elementOf(b!, index)))
const unary =
  (f: (x: number) => number): Operator =>
  ([x]) => ({ ...x!, values: x!.values.map(f) })

/** By its integral (Simpson's rule), which owes nothing to anybody's approximation. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x)
  const n = 100
  const f = (t: number) => Math.exp(-t * t)
  let sum = f(0) + f(x)
  for (let i = 1; i < n; i++) sum += (i % 2 === 0 ? 2 : 4) * f((x * i) / n)
  return (2 / Math.sqrt(Math.PI)) * ((sum * x) / n / 3)
}

const matmul: Operator = ([a, b]) => {
  const [m, k, n] = [a!.shape.at(-2)!, a!.shape.at(-1)!, b!.shape.at(-1)!]
  if (k !== b!.shape.at(-2)) throw new Error(`MatMul of [${a!.shape}] and [${b!.shape}]`)
  const batch = broadcast(a!.shape.slice(0, -2), b!.shape.slice(0, -2))
  return make(a!.type, [...batch, m, n], (index) => {
    const [row, column] = index.slice(-2) as [number, number]
    const others = index.slice(0, -2)
    let sum = 0
    for (let i = 0; i < k; i++)
      sum += elementOf(a!, [...others, row, i]) * elementOf(b!, [...others, i, column])
    return sum
  })
}

const reduce =
  (fold: (values: readonly number[]) => number): Operator =>
  ([x, given], attributes) => {
    const axes = given?.values ?? (attributes['axes'] as readonly number[])
    const keep = attributes['keepdims'] !== 0
    const full = x!.shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
    const dropped = x!.shape.map((length, axis) => (axes.includes(axis) ? length : 1))
    const inside = make(7, dropped, () => 0)
    const result = make(x!.type, full, (index) => {
      const found: number[] = []
      make(7, inside.shape, (other) =>
        found.push(
          elementOf(
            x!,
            index.map((place, axis) => place + other[axis]!),
          ),
        ),
      )
      return fold(found)
    })
    return keep ? result : { ...result, shape: x!.shape.filter((_, axis) => !axes.includes(axis)) }
  }

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

const softmax =
  (log: boolean): Operator =>
  ([x], { axis }) => {
    const along = (index: readonly number[]) =>
      Array.from({ length: x!.shape[axis as number]! }, (_, i) =>
        elementOf(x!, index.with(axis as number, i)),
      )
    return make(x!.type, x!.shape, (index) => {
      const row = along(index)
      const most = Math.max(...row)
      const total = sum(row.map((value) => Math.exp(value - most)))
      const own = elementOf(x!, index) - most
      return log ? own - Math.log(total) : Math.exp(own) / total
    })
  }

const norm =
  (centred: boolean): Operator =>
  ([x, scale, bias], attributes) => {
    const axis = attributes['axis'] as number
    const epsilon = attributes['epsilon'] as number
    const width = sizeOf(x!.shape.slice(axis))
    return make(x!.type, x!.shape, (index) => {
      const row = index.slice(0, axis).reduce((flat, place, i) => flat * x!.shape[i]! + place, 0)
      const values = x!.values.slice(row * width, (row + 1) * width)
      const mean = centred ? sum(values) / width : 0
      const variance = sum(values.map((value) => (value - mean) ** 2)) / width
      const own = (elementOf(x!, index) - mean) / Math.sqrt(variance + epsilon)
      const inside = index.slice(axis)
      return own * elementOf(scale!, inside) + (bias === undefined ? 0 : elementOf(bias, inside))
    })
  }

/** Every letter's length, then the sum over those that the output lacks. */
const einsum: Operator = (inputs, { equation }) => {
  const [left, output] = (equation as string).split('->') as [string, string]
  const operands = left.split(',')
  const lengths = new Map(
    operands.flatMap((letters, i) => [...letters].map((letter, axis) => [letter, inputs[i]!.shape[axis]!])),
  )
  const summed = [...lengths.keys()].filter((letter) => !output.includes(letter))
  const shape = (letters: Iterable<string>) => [...letters].map((letter) => lengths.get(letter)!)
  return make(inputs[0]!.type, shape(output), (index) => {
    let total = 0
    make(7, shape(summed), (other) => {
      const place = (letter: string) =>
        output.includes(letter) ? index[output.indexOf(letter)]! : other[summed.indexOf(letter)]!
      total += operands.reduce(
        (product, letters, i) => product * elementOf(inputs[i]!, [...letters].map(place)),
        1,
      )
      return 0
    })
    return total
  })
}

const operators: Readonly<Record<string, Operator>> = {
  Identity: ([x]) => x!,
  Shape: ([x], { start, end }) => {
    const values = x!.shape.slice(start as number, end as number)
    return { type: 7, shape: [values.length], values }
  },
  Reshape([x, lengths]) {
    const known = lengths!.values.map((length, axis) => (length === 0 ? x!.shape[axis]! : length))
    const others = sizeOf(known.filter((length) => length !== -1))
    const shape = known.map((length) => (length === -1 ? sizeOf(x!.shape) / others : length))
    if (sizeOf(shape) !== x!.values.length) throw new Error(`[${x!.shape}] is not [${lengths!.values}]`)
    return { ...x!, shape }
  },
  Transpose: ([x], { perm }) => {
    const order = perm as readonly number[]
    const shape = order.map((axis) => x!.shape[axis]!)
    return make(x!.type, shape, (index) =>
      elementOf(
        x!,
        x!.shape.map((_, axis) => index[order.indexOf(axis)]!),
      ),
    )
  },
  Slice([x, starts, ends, axes, steps]) {
    const parts = x!.shape.map((length, axis) => {
      const at = axes!.values.indexOf(axis)
      if (at < 0) return { start: 0, step: 1, length }
      const step = steps?.values[at] ?? 1
      const clamp = (value: number, low: number, high: number) =>
        Math.max(low, Math.min(high, value < 0 ? value + length : value))
      const start =
        step > 0 ? clamp(starts!.values[at]!, 0, length) : clamp(starts!.values[at]!, 0, length - 1)
      const end = step > 0 ? clamp(ends!.values[at]!, 0, length) : clamp(ends!.values[at]!, -1, length - 1)
      return { start, step, length: Math.max(0, Math.ceil((end - start) / step)) }
    })
    const shape = parts.map(({ length }) => length)
    return make(x!.type, shape, (index) =>
      elementOf(
        x!,
        index.map((place, axis) => parts[axis]!.start + place * parts[axis]!.step),
      ),
    )
  },
  Expand: ([x, lengths]) =>
    make(x!.type, broadcast(x!.shape, lengths!.values), (index) => elementOf(x!, index)),
  Concat(inputs, { axis }) {
    const at = axis as number
    const starts = inputs.map((_, i) => sum(inputs.slice(0, i).map(({ shape }) => shape[at]!)))
    const total = sum(inputs.map(({ shape }) => shape[at]!))
    return make(inputs[0]!.type, inputs[0]!.shape.with(at, total), (index) => {
      const i = starts.findLastIndex((start) => start <= index[at]!)
      return elementOf(inputs[i]!, index.with(at, index[at]! - starts[i]!))
    })
  },
  Gather([x, indices], { axis }) {
    const at = axis as number
    const rank = indices!.shape.length
    return make(x!.type, x!.shape.toSpliced(at, 1, ...indices!.shape), (index) =>
      elementOf(x!, index.toSpliced(at, rank, elementOf(indices!, index.slice(at, at + rank)))),
    )
  },
  GatherND([x, indices]) {
    const [b, m] = indices!.shape as [number, number]
    return make(x!.type, [b, m, ...x!.shape.slice(2)], ([row, at, ...rest]) =>
      elementOf(x!, [row!, elementOf(indices!, [row!, at!, 0]), ...rest]),
    )
  },
  Pad([x, pads]) {
    const rank = x!.shape.length
    const before = pads!.values.slice(0, rank)
    const shape = x!.shape.map((length, axis) => before[axis]! + length + pads!.values[rank + axis]!)
    return make(x!.type, shape, (index) => {
      const own = index.map((place, axis) => place - before[axis]!)
      return own.every((place, axis) => place >= 0 && place < x!.shape[axis]!) ? elementOf(x!, own) : 0
    })
  },
  Cast([x], { to }) {
    const convert =
      to === 9
        ? (value: number) => Number(value !== 0)
        : to === 1
          ? Math.fround
          : to === 11
            ? Number
            : Math.trunc
    return { ...x!, type: to as number, values: x!.values.map(convert) }
  },
  DequantizeLinear: ([x, scale], { axis }) =>
    make(1, x!.shape, (index) => elementOf(x!, index) * scale!.values[index[axis as number]!]!),
  MatMul: matmul,
  Gemm([a, b, c], { transB, alpha = 1 }) {
    const right = transB === 1 ? operators['Transpose']!([b!], { perm: [1, 0] }) : b!
    const product = matmul([a!, right], {})
    return make(
      a!.type,
      product.shape,
      (index) => (alpha as number) * elementOf(product, index) + (c ? elementOf(c, index) : 0),
    )
  },
  Einsum: einsum,
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: binary((a, b) => a / b),
  Pow: binary((a, b) => a ** b),
  Sqrt: unary(Math.sqrt),
  Erf: unary(erf),
  Tanh: unary(Math.tanh),
  Sigmoid: unary((x) => 1 / (1 + Math.exp(-x))),
  Relu: unary((x) => Math.max(x, 0)),
  Round: unary((x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x))),
  Clip: ([x, low, high]) => ({
    ...x!,
    values: x!.values.map((value) => Math.min(Math.max(value, low!.values[0]!), high!.values[0]!)),
  }),
  Gelu: unary((x) => 0.5 * x * (1 + erf(x / Math.SQRT2))),
  Softmax: softmax(false),
  LogSoftmax: softmax(true),
  LayerNormalization: norm(true),
  RMSNormalization: norm(false),
  ReduceSum: reduce(sum),
  ReduceMean: reduce((values) => sum(values) / values.length),
  ReduceProd: reduce((values) => values.reduce((product, value) => product * value, 1)),
  ReduceMin: reduce((values) => Math.min(...values)),
  ReduceMax: reduce((values) => Math.max(...values)),
}

/** The file's output for inputs by their names. */
export function interpret(
  { nodes, initializers, inputs, outputs }: OnnxFile,
  given: Readonly<Record<string, Tensor>>,
): Tensor {
  const values = new Map<string, Tensor>(initializers)
  for (const [name, shape] of Object.entries(inputs)) {
    const lengths = given[name]!.shape
    if (
      lengths.length !== shape.length ||
      shape.some((length, axis) => typeof length === 'number' && length !== lengths[axis])
    )
      throw new Error(`${name} is [${lengths}], the file says [${shape}]`)
    values.set(name, given[name]!)
  }
  for (const { op, inputs: names, outputs: results, attributes } of nodes) {
    const known = names.map((name) => {
      const value = values.get(name)
      if (value === undefined) throw new Error(`${op} is given '${name}', which nothing before it makes`)
      return value
    })
    const operator = operators[op]
    if (operator === undefined) throw new Error(`no definition of ${op}`)
    if (values.has(results[0]!)) throw new Error(`'${results[0]}' is made twice`)
    values.set(results[0]!, operator(known, attributes))
  }
  return values.get(Object.keys(outputs)[0]!)!
}
