/** Attention as kernels: in one pass, or, where heads are too large for shared memory, its weights and then their product with the values. */
import { broadcastTo, contiguousStride, type Layout, sizeOf } from '../layout/layout.ts'
import type { StepOf } from '../steps/step.ts'
import { attentionCode, attentionTile } from './attention-code.ts'
import type { Fused } from './fuse.ts'
import { along, finishesOf, type Lowering, operandOf, refused } from './lowering.ts'
import { sumCode, weightsCode } from './rows.ts'
import type { KernelCode, Operand } from './shader.ts'

export function attendCode(fused: Fused, lowering: Lowering): readonly KernelCode[] {
  const { first, output } = fused
  const { scale, result } = first.step as StepOf<'attend'>
  const [q, k, v, bias] = first.inputs.map((value) => lowering.place(value))
  const [N, D] = q!.layout.shape.slice(-2) as [number, number]
  const [M, E] = v!.layout.shape.slice(-2) as [number, number]
  if (M === 0) throw refused(first, 'there are no keys')
  const shape = q!.layout.shape.slice(0, -2)
  const batch = shape.map((_, axis) => axis)
  const [n, m, d, e] = [0, 1, 2, 3].map((i) => [shape.length + i]) as [number[], number[], number[], number[]]
  const lengths = [...shape, N, M, D, E]
  /** Strides of [...batch, x, y], where x and y are two of n, m, d and e. */
  const by = (x: number, y: number) => (strides: readonly number[]) => {
    const last = [0, 0, 0, 0]
    last[x] = strides.at(-2)!
    last[y] = strides.at(-1)!
    return [...strides.slice(0, -2), ...last]
  }
  const at = (x: number, y: number) => (layout: Layout) => by(x, y)(layout.stride)
  const ofResult = (x: number, y: number) => (layout: Layout) => by(x, y)(along(output.shape)(layout))
  const added =
    bias === undefined
      ? null
      : operandOf(bias, (layout) => by(0, 1)(broadcastTo(layout, [...shape, N, M]).stride))
  const [ofQ, ofK, ofV] = [operandOf(q!, at(0, 2)), operandOf(k!, at(1, 2)), operandOf(v!, at(1, 3))]
  const rows = [...batch, ...n]
  const weights = (target: Operand) =>
    weightsCode(
      { lengths, rows, along: m, depth: d, output: target, finishes: [], scale },
      added ? [ofQ, ofK, added] : [ofQ, ofK],
    )
  if (result === 'weights') return [weights(operandOf(lowering.place(output), at(0, 1)))]
  const target = operandOf(lowering.place(output), at(0, 3))
  const finishes = finishesOf(fused, lowering, ofResult(0, 3))
  const tile = attentionTile({ batch: sizeOf(shape), n: N, d: D, e: E }, lowering.limits)
  if (tile !== null) {
    const operands = { q: ofQ, k: ofK, v: ofV, added, output: target }
    return [attentionCode({ lengths, batch, n, m, d, e, ...operands, scale, finishes }, tile)]
  }
  const buffer = lowering.temporary(sizeOf([...shape, N, M]))
  const stride = by(0, 1)(contiguousStride([...shape, N, M]))
  const between: Operand = { buffer, type: 'f32', stride, offset: 0 }
  const product = { lengths, rows: [...rows, ...e], along: m, output: target, finishes }
  return [weights(between), sumCode(product, [between, ofV])]
}
