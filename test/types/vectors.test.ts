/** The reference's recorded cases for the compiler: shapes of inputs as literal types give the shapes of the outputs. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { compile } from './compiler.ts'

interface Tensor {
  readonly shape: readonly number[]
}
interface Case {
  readonly id: string
  readonly op: string
  readonly pattern: string
  readonly axes?: Readonly<Record<string, number>>
  readonly reduction?: string
  readonly input?: Tensor
  readonly inputs?: readonly Tensor[]
  readonly output: Tensor
  readonly result?: Readonly<Record<string, number>>
}

const folder = new URL('../vectors/einops/', import.meta.url)

const cases = (file: string): Case[] =>
  JSON.parse(readFileSync(new URL(`${file}.json`, folder), 'utf8')).cases

const zeros = ({ shape }: Tensor) => `zeros(${shape.join(', ')})`

/** A call whose result the compiler has to know exactly. */
function lineOf({ op, pattern, axes, reduction, input, inputs, output, result }: Case): string {
  const operand = input ? zeros(input) : `[${inputs!.map(zeros).join(', ')}]`
  const text = JSON.stringify(pattern)
  const lengths = axes && Object.keys(axes).length > 0 ? `, ${JSON.stringify(axes)}` : ''
  switch (op) {
    case 'parse_shape':
      return `same<${JSON.stringify(result)}>()(t.parseShape(${operand}, ${text}))`
    case 'reduce':
      return `same<${JSON.stringify(output.shape)}>()(t.reduce(${operand}, ${text}, '${reduction}'${lengths}).shape)`
    default:
      return `same<${JSON.stringify(output.shape)}>()(t.${op}(${operand}, ${text}${lengths}).shape)`
  }
}

const same = 'const same = <A>() => <B>(_: B & ([A, B] extends [B, A] ? unknown : { expected: A })) => {}'

describe('recorded calls', () => {
  test.each(['rearrange', 'reduce', 'repeat', 'einsum', 'parse_shape'])(
    'of %s are accepted, and the type of the result is the recorded shape',
    (file) => {
      // letters without upper and lower case are left to the run time
      const all = cases(file).filter(({ pattern }) => !/\p{Lo}/u.test(pattern))
      const { errors } = compile([same, ...all.map(lineOf)])
      const wrong = all.flatMap((one, i) =>
        errors[i + 1] === undefined ? [] : [[lineOf(one), errors[i + 1]]],
      )
      expect(wrong).toEqual([])
      expect(all.length).toBeGreaterThan(20)
    },
  )

  test('of pack and unpack are accepted', () => {
    const all = cases('pack_unpack')
    const lines = all.map(({ op, pattern }) =>
      op === 'pack'
        ? `t.pack([x], ${JSON.stringify(pattern)})`
        : `t.unpack(x, [], ${JSON.stringify(pattern)})`,
    )
    expect(compile(lines).errors.filter((error) => error !== undefined)).toEqual([])
    expect(lines.length).toBeGreaterThan(20)
  })
})
