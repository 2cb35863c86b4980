/** The call as one would write it with this library. */
import { under } from '../library.ts'
import { callNames } from '../names.ts'
import type { State } from '../state.ts'
import { shared } from '../whole.ts'

/** A complete program: the import, an array of the shape, the call. */
export function typescriptCode(state: State): string {
  const { operation, pattern, shapes, lengths, reduction } = state
  const { operands, result } = callNames(state)
  const array = (name: string, shape: readonly number[]) =>
    `const ${name} = ndarray(new Float32Array(${size(shape)}), [${shape.join(', ')}])`
  const pads = state.whole !== undefined && shapes[0]!.some((length, i) => length > state.whole![i]!)
  const imported = pads && operation !== 'rearrange' ? `rearrange, ${operation}` : operation
  const head = ["import ndarray from 'ndarray'", `import { ${imported} } from 'tesserae'`, '']
  if (operation === 'pack') {
    const call = `const [${result}, packedShapes] = pack([${operands.join(', ')}], ${quote(pattern)})`
    return [...head, ...operands.map((name, i) => array(name, shapes[i]!)), call].join('\n')
  }
  if (operation === 'unpack') {
    const parts = shapes.map((shape) => `[${under(pattern, shape).join(', ')}]`).join(', ')
    const call = `const [${operands.join(', ')}] = unpack(${result}, [${parts}], ${quote(pattern)})`
    return [...head, array(result, packedShape(pattern, shapes)), call].join('\n')
  }
  const given =
    lengths.size > 0
      ? `, { ${[...lengths].map(([name, length]) => `${key(name)}: ${length}`).join(', ')} }`
      : ''
  const what = operation === 'reduce' ? `, '${reduction}'` : ''
  const input = operation === 'einsum' ? `[${operands.join(', ')}]` : operands[0]
  return [
    ...head,
    ...(state.whole === undefined
      ? operands.map((name, i) => array(name, shapes[i]!))
      : fitted(operands[0]!, state.whole, shapes[0]!, array)),
    `const ${result} = ${operation}(${input}, ${quote(pattern)}${what}${given})`,
  ].join('\n')
}

/** A tensor that is cropped is a view; one that is padded is written into zeros. */
function fitted(
  name: string,
  whole: readonly number[],
  shape: readonly number[],
  array: (name: string, shape: readonly number[]) => string,
): string[] {
  const kept = shared(whole, shape)
  const cut = String(kept) === String(whole) ? '' : `.hi(${kept.join(', ')})`
  if (String(kept) === String(shape)) return [`${array(name, whole)}${cut}`]
  return [
    array('whole', whole),
    `${array(name, shape)} // 0 where nothing was`,
    `rearrange(whole${cut}, '... -> ...', {}, { out: ${name}.hi(${kept.join(', ')}) })`,
  ]
}

/** The shape of what `pack` makes of these parts. */
export function packedShape(pattern: string, shapes: readonly (readonly number[])[]): number[] {
  const star = pattern.trim().split(/\s+/).indexOf('*')
  const product = (lengths: readonly number[]) => lengths.reduce((all, length) => all * length, 1)
  const total = shapes.reduce((sum, shape) => sum + product(under(pattern, shape)), 0)
  const [first = []] = shapes
  return [...first.slice(0, star), total, ...first.slice(star + under(pattern, first).length)]
}

function size(shape: readonly number[]): string {
  return shape.length === 0 ? '1' : shape.join(' * ')
}

/** `__proto__: 1` would set a prototype, so that name is written as computed. */
function key(name: string): string {
  return name === '__proto__' ? "['__proto__']" : name
}

function quote(text: string): string {
  return `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'").replace(/\n/g, '\\n')}'`
}
