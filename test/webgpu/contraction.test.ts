/** Contractions on the card, over the same table of cases as all other ways, against the definition in double precision. */
import { describe, expect, test } from 'vitest'
import type { Contraction as Plain, Operand as PlainOperand } from '../../src/gemm/operand.ts'
import { contractByDefinition } from '../../src/gemm/reference.ts'
import { sumOfProductsCode } from '../../src/webgpu/contract.ts'
import { limitsOf } from '../../src/webgpu/device.ts'
import { invocationsOf, productCode } from '../../src/webgpu/product.ts'
import type { Finish, KernelCode, Operand } from '../../src/webgpu/shader.ts'
import { tiles } from '../../src/webgpu/tile.ts'
import { buildContraction, type Placing } from '../gemm/build.ts'
import { cases } from '../gemm/cases.ts'
import { newDevice, newQuickDevice } from './card.ts'
import { describeCard } from './describe.ts'
import { ran } from './running.ts'

const placings: Readonly<Record<string, readonly Placing[]>> = {
  'side by side': [],
  'in any order, with gaps and backwards': [
    { order: [2, 0, 1, 3, 4, 5, 6, 7], gap: 3, backwards: [false, true] },
    { order: [1, 0, 2, 3, 4, 5, 6, 7], gap: 1, backwards: [true] },
    { gap: 2, order: [1, 2, 0, 3, 4, 5, 6, 7] },
    { gap: 1 },
    { gap: 1 },
  ],
}

describeCard('contractions on the card', async () => {
  const device = await newDevice()
  const limits = limitsOf(await newQuickDevice())

  /** Values that add up without cancelling. */
  const value = (tensor: number, index: number) => Math.sin(tensor * 12.9898 + index * 78.233) + 0.5

  /** The same in double precision, and how much the sum of sizes is. */
  const expectedOf = ({ lengths, operands, output, epilogue }: Plain) => {
    const double = <T extends PlainOperand | null>(operand: T): T =>
      operand && { ...operand, data: Float64Array.from(operand.data as Float32Array) }
    const result = double(output)
    contractByDefinition({
      ...{ lengths, output: result, operands: operands.map(double) },
      epilogue: { ...epilogue, bias: double(epilogue.bias), residual: double(epilogue.residual) },
    })
    return result.data as Float64Array
  }

  const check = async (
    plain: Plain,
    make: (
      operands: readonly Operand[],
      output: Operand,
      temporary: (size: number) => number,
    ) => readonly KernelCode[],
    more: readonly PlainOperand[] = [],
  ) => {
    const all = [...plain.operands, ...more]
    const contents = new Map<number, Float32Array | number>(
      all.map(({ data }, id) => [id, data as Float32Array]),
    )
    const own = ({ stride, offset }: PlainOperand, buffer: number): Operand => ({
      ...{ buffer, stride, offset, type: 'f32' },
    })
    contents.set(-1, plain.output.data as Float32Array)
    let next = 100
    const kernels = make(all.map(own), own(plain.output, -1), (size) => {
      contents.set(next, size)
      return next++
    })
    const result = await ran(device, kernels, contents, -1)
    const expected = expectedOf(plain)
    for (const [i, x] of expected.entries()) {
      // what no element stands at stays as it was
      if (Number.isNaN(x)) expect(result[i]).toBeNaN()
      else expect(Math.abs(result[i]! - x)).toBeLessThanOrEqual(2e-5 * Math.max(1, Math.abs(x)))
    }
  }

  describe.each(Object.entries(placings))('of tensors %s', (_, placing) => {
    test.each(cases.map((each) => [each.name, each] as const))('%s', async (_, { spec, lengths }) => {
      const rank = (tensor: number) => spec.replace('->', ',').split(',')[tensor]!.length
      const fitted = placing.map(({ order, ...rest }, i) => ({
        ...rest,
        ...(order === undefined || i >= spec.replace('->', ',').split(',').length
          ? {}
          : { order: order.filter((axis) => axis < rank(i)) }),
      }))
      const plain = buildContraction(spec, lengths, {
        make: (size) => new Float32Array(size),
        value,
        placing: fitted,
      })
      if (
        plain.output.data.length === 0 ||
        (Object.values(lengths).includes(0) &&
          !spec
            .split('->')[1]!
            .split('')
            .every((a) => lengths[a] !== 0))
      )
        return
      await check(plain, (operands, output, temporary) =>
        sumOfProductsCode({ lengths: plain.lengths, output, finishes: [] }, operands, { limits, temporary }),
      )
    })
  })

  const { invocations } = limitsOf(device)
  const possible = tiles.filter((tile) => invocationsOf(tile) <= invocations)
  test.each(
    possible.map((tile) => [`${tile.rows} × ${tile.columns}, split in ${tile.split},`, tile] as const),
  )(
    'a tile of %s gives the sums that vectors and edges allow, whichever way the operands stand, with all that follows',
    async (_, tile) => {
      for (const [spec, lengths] of [
        ['mk,nk->mn', { m: 67, n: 72, k: 36 }],
        ['km,kn->mn', { m: 68, n: 66, k: 35 }],
      ] as const) {
        const build = (placing: readonly Placing[]) =>
          buildContraction(spec, lengths, { make: (size) => new Float32Array(size), value, placing })
        const plain = build([])
        const labels = Object.keys(lengths)
        const at = (label: string) => labels.indexOf(label)
        const bias: PlainOperand = {
          data: Float32Array.from({ length: 80 }, (_, i) => value(5, i)),
          offset: 0,
          stride: labels.map((label) => Number(label === 'n')),
        }
        const residual: PlainOperand = {
          ...plain.output,
          data: Float32Array.from({ length: plain.output.data.length }, (_, i) => value(6, i)),
        }
        const whole: Plain = { ...plain, epilogue: { scale: 0.5, bias, activation: 'gelu', residual } }
        const group = (label: string) => (label in lengths ? [at(label)] : [])
        await check(
          whole,
          ([a, b, added, more], output) => {
            const finishes: readonly Finish[] = [
              { kind: 'scale', by: 0.5 },
              { kind: 'zip', fn: 'add', operand: added! },
              { kind: 'map', fn: 'gelu' },
              { kind: 'zip', fn: 'add', operand: more! },
            ]
            const groups = { batch: group('b'), m: group('m'), n: group('n'), k: group('k') }
            return [productCode({ lengths: plain.lengths, ...groups, a: a!, b: b!, output, finishes }, tile)]
          },
          [bias, residual],
        )
      }
    },
  )
})
