/** The JavaScript of a recorded call, as a reader would write it. */
import type { Case } from '../conformance/einops.ts'

export function callOf(one: Case): string {
  const { op, pattern, axes = {}, input, inputs } = one
  const declared = input === undefined ? '' : `const x = ${arrayOf(input)}\n`
  const lengths = Object.keys(axes).length === 0 ? '' : `, ${literal(axes)}`
  const text = literal(pattern)
  const what = inputs === undefined ? 'x' : listOf(inputs)
  switch (op) {
    case 'rearrange':
    case 'repeat':
      return `${declared}${op}(${what}, ${text}${lengths})`
    case 'reduce':
      return `${declared}reduce(${what}, ${text}, ${literal(one.reduction)}${lengths})`
    case 'einsum':
      return one.call === 'pattern_first' ? `einsum(${text}, ${what})` : `einsum(${what}, ${text}${lengths})`
    case 'pack':
      return `pack(${what}, ${text})`
    case 'unpack':
      return `${declared}unpack(x, ${literal(one.packed_shapes)}, ${text})`
    case 'parse_shape':
      return `${declared}parseShape(x, ${text})`
    case 'Rearrange':
      return input === undefined
        ? `new Rearrange(${text}${lengths})`
        : `${declared}new Rearrange(${text}${lengths}).forward(x)`
    case 'EinMix': {
      const bias = one.bias_shape === undefined ? '' : `, biasShape: ${literal(one.bias_shape)}`
      const options = `{ weightShape: ${literal(one.weight_shape)}${bias}, lengths: ${literal(axes)} }`
      return `new EinMix(${text}, ${options})`
    }
    default:
      throw new Error(`no way to write a call of '${op}'`)
  }
}

type Input = NonNullable<Case['input']> | NonNullable<Case['inputs']>[number]

function listOf(inputs: readonly Input[]): string {
  return `[${inputs.map(arrayOf).join(', ')}]`
}

function arrayOf(input: Input): string {
  if (!('shape' in input)) return listOf(input)
  const size = input.shape.reduce((product, length) => product * length, 1)
  return `ndarray(new Float32Array(${size}), ${literal(input.shape)})`
}

/** A value as code in the house style. */
function literal(value: unknown): string {
  if (typeof value === 'string') {
    const escaped = JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")
    return `'${escaped}'`
  }
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const entries = Object.entries(value).map(([name, inner]) => `${name}: ${literal(inner)}`)
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
}
