/** The call as one would write it with this library. */
import type { State } from '../state.ts'

/** A complete program: the import, an array of the shape, the call. */
export function typescriptCode({ operation, pattern, shapes, lengths, reduction }: State): string {
  const names = operandNames(shapes.length)
  const arrays = names.map(
    (name, i) => `const ${name} = ndarray(new Float32Array(${size(shapes[i]!)}), [${shapes[i]!.join(', ')}])`,
  )
  const operands = operation === 'einsum' ? `[${names.join(', ')}]` : 'x'
  const what = operation === 'reduce' ? `, '${reduction}'` : ''
  const given =
    lengths.size > 0
      ? `, { ${[...lengths].map(([name, length]) => `${key(name)}: ${length}`).join(', ')} }`
      : ''
  return [
    "import ndarray from 'ndarray'",
    `import { ${operation} } from 'tesserae'`,
    '',
    ...arrays,
    `const y = ${operation}(${operands}, ${quote(pattern)}${what}${given})`,
  ].join('\n')
}

/** `x` alone, or `x`, `w`, `v`, …. */
export function operandNames(count: number): string[] {
  const names = ['x', 'w', 'v', 'u', 't']
  return Array.from({ length: count }, (_, i) => names[i] ?? `x${i}`)
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
