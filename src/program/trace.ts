/** Tracing: a machine that performs no step and writes each down. */
import { EinopsError } from '../../grammar/error.ts'
import type { Dtype } from '../layout/dtype.ts'
import { show, showShape } from '../layout/show.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { asValue } from '../ops/array.ts'
import { each, kind, mistakeIn } from '../ops/kinds.ts'
import { kindOfDtype } from '../ops/options.ts'
import { type Kernel, type Machine, using } from '../steps/machine.ts'
import { resultOf } from '../steps/shapes.ts'
import type { Step } from '../steps/step.ts'
import { isWeighted, typeOf, type Value, type Weighted } from '../steps/value.ts'
import { arrayOf } from '../steps/value-array.ts'
import {
  Program,
  type ProgramConstant,
  type ProgramInput,
  type ProgramParameter,
  type ProgramStep,
  type ProgramValue,
  type Scope,
} from './program.ts'

/** What a trace has to know of a model; the layers themselves are not loaded. */
export interface Traceable {
  readonly training: boolean
  /** The shape of one input, where the model is made for one. */
  readonly inputShape?: readonly number[] | undefined
  compute(x: Value): Value
  namedParameters(): Iterable<readonly [name: string, parameter: Weighted]>
}

export interface TraceOptions {
  /** The dtypes of the inputs, `'float32'` for those not given. */
  readonly dtypes?: readonly Dtype[] | undefined
}

/**
 * The steps that a model takes for an input of a shape, or a function of arrays for inputs of shapes, written down without computing anything. The function is to be made of
 * the library's operations and layers, and of ndarray's own views: whoever reads or writes elements in it gets an error.
 *
 * @param model a model, whose input is float32; or a function of arrays
 * @param shape the input's shape; of a function, a list of shapes
 * @param options `dtypes`: the dtypes of a function's inputs
 * @throws {EinopsError} when a model is in training mode, a shape does not fit, or the function reads or writes elements
 *
 * @example
 * const patches = trace((image) => rearrange(image, 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 2, s2: 2 }), [[1, 3, 4, 4]])
 * patches.output.shape // → [1, 4, 12]
 * patches.run(ndarray(new Float32Array(48), [1, 3, 4, 4])).shape // → [1, 4, 12]
 */
export function trace(model: Traceable, shape: readonly number[]): Program
export function trace<A extends NdArray<Data>[]>(
  f: (...inputs: A) => NdArray<Data>,
  shapes: readonly (readonly number[])[],
  options?: TraceOptions,
): Program
export function trace(
  traced: Traceable | ((...inputs: never[]) => NdArray<Data>),
  shape: readonly number[] | readonly (readonly number[])[],
  options: TraceOptions = {},
): Program {
  const mistake = mistakeIn(options, each(kind.anything, 'dtypes'))
  if (mistake !== undefined) throw new EinopsError({ operation: 'trace', ...mistake })
  if (typeof traced === 'function') return traceFunction(traced, shapesIn(shape), options)
  expectModel(traced)
  const tracing = new Trace(traced)
  const [input] = tracing.begin([shapeIn(shape)], ['float32'])
  const output = using(tracing, () => tracing.scope(() => traced.compute(input!), traced.constructor.name))
  return tracing.end(traced.constructor.name, output, ([shape]) => trace(traced, shape!))
}

function traceFunction(
  f: (...inputs: never[]) => NdArray<Data>,
  shapes: readonly (readonly number[])[],
  { dtypes = [] }: TraceOptions,
): Program {
  if (!Array.isArray(dtypes)) {
    throw new EinopsError({
      code: 'trace/dtypes',
      operation: 'trace',
      what: `the dtypes are no list, one for each input — got ${show(dtypes)}`,
    })
  }
  for (const dtype of dtypes) kindOfDtype(dtype, 'trace')
  const tracing = new Trace(null)
  const inputs = tracing.begin(shapes, dtypes)
  const arrays = inputs.map((value) => arrayOf(tracing, value)) as never[]
  const output = using(tracing, () => asValue(f(...arrays), 'trace', "the function's result"))
  return tracing.end(f.name || 'function', output, (shapes) => traceFunction(f, shapesIn(shapes), { dtypes }))
}

class Trace implements Machine {
  readonly name = 'a trace'
  readonly #model: Traceable | null
  readonly #names: ReadonlyMap<object, string>
  readonly #steps: ProgramStep[] = []
  readonly #parameters = new Map<object, ProgramParameter>()
  readonly #constants = new Map<object, ProgramConstant>()
  readonly #values = new Set<Value>()
  /** Values of parameters that layers have read themselves. */
  readonly #read = new Map<Value, Float32Array>()
  #inputs: readonly ProgramValue[] = []
  #scopes: readonly Scope[] = []
  #count = 0
  #scopeCount = 0

  constructor(model: Traceable | null) {
    this.#model = model
    this.#names = new Map([...(model?.namedParameters() ?? [])].map(([name, parameter]) => [parameter, name]))
  }

  begin(shapes: readonly (readonly number[])[], dtypes: readonly Dtype[]): readonly ProgramValue[] {
    this.#inputs = shapes.map((shape, i) => this.#value({ shape, dtype: dtypes[i] ?? 'float32' }))
    return this.#inputs
  }

  perform(step: Step, inputs: readonly Value[], kernel: Kernel): Value {
    const known = inputs.map((input) => this.#known(input))
    const output = this.#value(resultOf(step, known))
    this.#steps.push({ step: Object.freeze(step), inputs: known, output, scopes: this.#scopes, kernel })
    return output
  }

  scope(compute: () => Value, name: string): Value {
    const outside = this.#scopes
    this.#scopes = [...outside, { name, number: this.#scopeCount++ }]
    try {
      return compute()
    } finally {
      this.#scopes = outside
    }
  }

  readonly reads = (parameter: Value, values: Float32Array): void => {
    this.#read.set(parameter, values)
  }

  present(value: Value): NdArray<Data> {
    return arrayOf(this, this.#known(value))
  }

  /** The program: the steps that the output depends on. */
  end(name: string, result: Value, retrace: Program['retrace']): Program {
    const output = this.#known(result)
    const needed = new Set([output.id])
    const steps: ProgramStep[] = []
    for (const step of this.#steps.toReversed()) {
      if (!needed.has(step.output.id)) continue
      for (const { id } of step.inputs) needed.add(id)
      steps.unshift(Object.freeze(step))
    }
    const used = <V extends ProgramValue>(values: Iterable<V>) =>
      [...values].filter(({ id }) => needed.has(id))
    const inputs: ProgramInput[] = this.#inputs.map((input) =>
      Object.freeze({ ...input, isUsed: needed.has(input.id) }),
    )
    const parameters = used(this.#parameters.values())
    return new Program({
      ...{ name, steps, inputs, parameters, output, isModel: this.#model !== null, retrace },
      constants: used(this.#constants.values()),
      staleness: () => this.#staleness(parameters),
    })
  }

  #staleness(parameters: readonly ProgramParameter[]): string | null {
    if (this.#model?.training) return 'the model is in training mode'
    for (const [parameter, values] of this.#read) {
      const now = (parameter as Weighted).weight.read()
      if (values.some((value, i) => value !== now[i]))
        return `the values of '${this.#names.get(parameter)}' are others now, and its layer does not compute with them by steps`
    }
    for (const { name, shape, source } of parameters) {
      const now = source.shape
      if (
        now !== shape &&
        (now.length !== shape.length || now.some((length, axis) => length !== shape[axis]))
      )
        return `the shape of '${name}' is ${showShape(now)} now, and was ${showShape(shape)}`
    }
    return null
  }

  #value({ shape, dtype }: { readonly shape: readonly number[]; readonly dtype: Dtype }): ProgramValue {
    const value = Object.freeze({ id: this.#count++, shape: Object.freeze([...shape]), dtype })
    this.#values.add(value)
    return value
  }

  /** The program's own value for any value that a step is given. */
  #known(value: Value): ProgramValue {
    if (this.#values.has(value)) return value as ProgramValue
    return isWeighted(value) ? this.#parameter(value) : this.#constant(value as Tensor)
  }

  #parameter(source: Weighted): ProgramParameter {
    let parameter = this.#parameters.get(source)
    if (parameter === undefined) {
      const name = this.#names.get(source) ?? `parameter ${this.#parameters.size}`
      const { id, shape, dtype } = this.#value({ shape: source.shape, dtype: 'float32' })
      parameter = Object.freeze({ id, shape, dtype, name, source })
      this.#parameters.set(source, parameter)
    }
    return parameter
  }

  #constant(source: Tensor): ProgramConstant {
    let constant = this.#constants.get(source)
    if (constant === undefined) {
      const { id, shape, dtype } = this.#value({ shape: source.shape, dtype: typeOf(source) })
      constant = Object.freeze({ id, shape, dtype, source })
      this.#constants.set(source, constant)
    }
    return constant
  }
}

function expectModel(model: unknown): asserts model is Traceable {
  const { compute, namedParameters, training } = (model ?? {}) as Partial<Traceable>
  if (typeof compute !== 'function' || typeof namedParameters !== 'function') {
    throw new EinopsError({
      code: 'trace/model',
      operation: 'trace',
      what: `it is neither a model nor a function — got ${model === null ? 'null' : typeof model}`,
    })
  }
  if (!training) return
  throw new EinopsError({
    code: 'trace/training',
    operation: 'trace',
    what: 'the model is in training mode, in which it draws random numbers — got training true, expected false',
    hint: 'model.eval() ends it',
  })
}

function shapeIn(shape: unknown): readonly number[] {
  if (Array.isArray(shape) && shape.every((length) => Number.isSafeInteger(length) && length >= 0))
    return shape
  throw new EinopsError({
    code: 'trace/shape',
    operation: 'trace',
    what: `the shape is no list of whole numbers — got ${gotOf(shape)}`,
    hint: isArray(shape) ? 'trace(model, x.shape): only the shape counts' : undefined,
  })
}

function shapesIn(shapes: unknown): readonly (readonly number[])[] {
  if (Array.isArray(shapes) && shapes.every(Array.isArray)) return shapes.map(shapeIn)
  throw new EinopsError({
    code: 'trace/shape',
    operation: 'trace',
    what: `the shapes of a function's inputs are a list of shapes — got ${gotOf(shapes)}`,
    hint: [shapes].flat().some(isArray)
      ? 'trace(f, [x.shape]): only shapes count'
      : 'trace(f, [[1, 3, 224, 224]])',
  })
}

/** Whether an array was given where its shape was meant. */
function isArray(x: unknown): x is Tensor {
  return typeof x === 'object' && x !== null && 'shape' in x && 'data' in x
}

function gotOf(x: unknown): string {
  if (isArray(x)) return `an array of shape ${showShape(x.shape)}`
  return Array.isArray(x) && !x.some(isArray)
    ? JSON.stringify(x)
    : Array.isArray(x)
      ? 'a list of arrays'
      : show(x)
}
