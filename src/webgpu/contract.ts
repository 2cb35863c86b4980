/** A contraction as kernels: its axes sorted into batch, rows, columns and summed ones, and the way that suits: tiles, or sums of one row for each element. */
import { contractionTree, type Tree } from '../gemm/order.ts'
import { contiguousStride, isContiguous, type Layout, sizeOf } from '../layout/layout.ts'
import type { ProgramValue } from '../program/program.ts'
import type { StepOf } from '../steps/step.ts'
import type { Fused } from './fuse.ts'
import { finishesOf, type Lowering, operandOf } from './lowering.ts'
import { productCode } from './product.ts'
import { sumCode } from './rows.ts'
import { bytesOf, type Finish, type Group, type KernelCode, type Operand, Shader } from './shader.ts'
import { tileFor } from './tile.ts'

/** A sum of products over the axes that the output lacks. */
export interface Contraction {
  readonly lengths: readonly number[]
  readonly output: Operand
  readonly finishes: readonly Finish[]
}

/** The kernels of an einsum with all that happens to its elements on their way to memory. */
export function contractCode(fused: Fused, lowering: Lowering): readonly KernelCode[] {
  const { first, output } = fused
  const { plan, scale, activation, bias, residual } = first.step as StepOf<'contract'>
  const strideOf = (layout: Layout) => plan.outputStride(layout)
  const count = plan.operands.length
  const operands = first.inputs
    .slice(0, count)
    .map((value, i) => operandOf(lowering.place(value), (layout) => plan.operandStride(i, layout)))
  const added = first.inputs.slice(count).map((value) => operandOf(lowering.place(value), strideOf))
  const add = (operand: Operand | undefined): readonly Finish[] =>
    operand ? [{ kind: 'zip', fn: 'add', operand }] : []
  // integers are multiplied as they are, and their scales belong to the places of an axis that the result has
  const scales = first.inputs.slice(0, count).flatMap((value, i): Finish[] => {
    if (operands[i]!.type !== 'i8') return []
    const channel = plan.operands[i]![0]![0]!
    const stride = plan.lengths.map((_, axis) => Number(axis === channel))
    const operand = { buffer: lowering.scales(value), type: 'f32', stride, offset: 0 } as const
    return [{ kind: 'zip', fn: 'multiply', operand }]
  })
  const finishes: readonly Finish[] = [
    ...scales,
    ...(scale === 1 ? [] : [{ kind: 'scale', by: scale } as const]),
    ...add(bias ? added[0] : undefined),
    ...(activation === null ? [] : [{ kind: 'map', fn: activation } as const]),
    ...add(residual ? added.at(-1) : undefined),
    ...finishesOf(fused, lowering, strideOf),
  ]
  const target = operandOf(lowering.place(output), strideOf)
  const contraction = { lengths: plan.lengths, output: target, finishes }
  if (count === 2) {
    const values = first.inputs.slice(0, 2)
    const parts = values.map((value) => lowering.place(value))
    for (const i of [1, 0]) {
      const whole = parts[i]!
      const bytes = bytesOf(whole.type) * sizeOf(whole.layout.shape)
      if (bytes <= lowering.limits.binding) continue
      const cut = cutUp(
        contraction,
        operands,
        i,
        (from, size) => lowering.part(values[i]!, from, size),
        lowering,
      )
      if (cut !== null) return cut
    }
  }
  const either = operands.map((operand, i) => turnable(operand, first.inputs[i]!, lowering))
  return sumOfProductsCode(contraction, either, lowering)
}

/** An operand that is a weight, [out, in] as a rule, can be uploaded turned over, [in, out]. */
function turnable(operand: Operand, value: ProgramValue, lowering: Lowering): Operand {
  const { shape, stride, offset } = lowering.place(value).layout
  const rows = shape[0] ?? 0
  const columns = sizeOf(shape) / rows
  const isMatrix =
    isContiguous({ shape, stride, offset }) && operand.stride.every((s) => s < columns || s % columns === 0)
  if (rows % 4 !== 0 || !isMatrix || bytesOf(operand.type) * sizeOf(shape) > lowering.limits.binding)
    return operand
  const turned = (): Operand | null => {
    const buffer = lowering.part(value, offset, sizeOf(shape), rows)
    const over = operand.stride.map((s) => (s % columns === 0 ? s / columns : s * rows))
    return buffer === null ? null : { ...operand, buffer, stride: over, offset: 0 }
  }
  return { ...operand, turned }
}

/**
 * The same with an operand in parts that each fit into a binding: along the slowest of its axes that the result keeps. Null where the operand is no
 * parameter, or has no such axis.
 */
function cutUp(
  contraction: Contraction,
  operands: readonly Operand[],
  which: number,
  part: (from: number, size: number) => number | null,
  lowering: Lowering,
): readonly KernelCode[] | null {
  const { lengths, output, finishes } = contraction
  const { stride, offset, type } = operands[which]!
  const slowest = lengths.reduce((best, _, axis) => (stride[axis]! > stride[best]! ? axis : best), 0)
  const step = stride[slowest]!
  if (output.stride[slowest] === 0 || step <= 0 || offset !== 0) return null
  const most = Math.floor(lowering.limits.binding / (bytesOf(type) * step))
  if (most === 0) return null
  const kernels: KernelCode[] = []
  for (let from = 0; from < lengths[slowest]!; from += most) {
    const length = Math.min(most, lengths[slowest]! - from)
    const buffer = part(from * step, length * step)
    if (buffer === null) return null
    const moved = (operand: Operand) => ({
      ...operand,
      offset: operand.offset + from * operand.stride[slowest]!,
    })
    const own = { buffer, type, stride, offset: 0 }
    kernels.push(
      ...sumOfProductsCode(
        {
          lengths: lengths.with(slowest, length),
          output: moved(output),
          finishes: finishes.map((finish) =>
            finish.kind === 'zip' ? { ...finish, operand: moved(finish.operand) } : finish,
          ),
        },
        operands.map((operand, i) => (i === which ? own : moved(operand))),
        lowering,
      ),
    )
  }
  return kernels
}

/** The kernels of a sum of products: of three and more operands two by two, in the order that multiplies least. */
export function sumOfProductsCode(
  contraction: Contraction,
  operands: readonly Operand[],
  lowering: Pick<Lowering, 'limits' | 'temporary'>,
): readonly KernelCode[] {
  if (operands.length <= 2) return [pairCode(contraction, operands, lowering)]
  const { lengths, output } = contraction
  const asGemm = (operand: Operand) => ({ ...operand, data: [] })
  const tree = contractionTree(lengths, operands.map(asGemm), asGemm(output))
  const kernels: KernelCode[] = []
  const has = (operand: Operand, axis: number) => operand.stride[axis] !== 0
  const computed = (node: Tree): Operand => {
    if (typeof node === 'number') return operands[node]!
    const [a, b] = [computed(node[0]), computed(node[1])]
    // axes that neither has any more are not the pair's
    const own = lengths.map((length, axis) => (has(a, axis) || has(b, axis) ? length : 1))
    if (node === tree) {
      kernels.push(pairCode({ ...contraction, lengths: own }, [a, b], lowering))
      return output
    }
    const inside = leavesOf(node)
    const outside = [output, ...operands.filter((_, i) => !inside.includes(i))]
    const kept = lengths.map(
      (_, axis) => (has(a, axis) || has(b, axis)) && outside.some((other) => has(other, axis)),
    )
    const shape = lengths.map((length, axis) => (kept[axis] ? length : 1))
    const stride = contiguousStride(shape).map((step, axis) => (kept[axis] ? step : 0))
    const result = { buffer: lowering.temporary(sizeOf(shape)), type: 'f32', stride, offset: 0 } as const
    kernels.push(pairCode({ lengths: own, output: result, finishes: [] }, [a, b], lowering))
    return result
  }
  computed(tree)
  return kernels
}

function leavesOf(tree: Tree): readonly number[] {
  return typeof tree === 'number' ? [tree] : tree.flatMap(leavesOf)
}

/** One or two operands. */
function pairCode(
  { lengths, output, finishes }: Contraction,
  operands: readonly Operand[],
  { limits }: Pick<Lowering, 'limits'>,
): KernelCode {
  const axes = lengths.map((_, axis) => axis).filter((axis) => lengths[axis] !== 1)
  const bySpeed = (by: Operand) => (x: number, y: number) => Math.abs(by.stride[y]!) - Math.abs(by.stride[x]!)
  const kept = axes.filter((axis) => output.stride[axis] !== 0).sort(bySpeed(output))
  const summed = axes.filter((axis) => output.stride[axis] === 0)
  if (operands.length === 2) {
    // the second operand has the axis along which the result stands side by side
    const fastest = kept.at(-1)
    const [a, b] = (
      fastest !== undefined && operands[1]!.stride[fastest] === 0 ? operands.toReversed() : operands
    ) as [Operand, Operand]
    const isOf = (operand: Operand, axis: number) => operand.stride[axis] !== 0
    const m = kept.filter((axis) => isOf(a, axis) && !isOf(b, axis))
    const n = kept.filter((axis) => isOf(b, axis) && !isOf(a, axis))
    const batch = kept.filter((axis) => isOf(a, axis) === isOf(b, axis))
    const k = summed.toSorted(bySpeed(a))
    const size = (group: readonly number[]) => sizeOf(group.map((axis) => lengths[axis]!))
    const tile = tileFor({ batch: size(batch), m: size(m), n: size(n), k: size(k) }, limits)
    if (tile !== null) {
      const sides = { a: sideBySide(a, [batch, m, k], lengths), b: sideBySide(b, [batch, n, k], lengths) }
      return productCode({ lengths, batch, m, n, k, ...sides, output, finishes }, tile)
    }
  }
  const along = summed.toSorted(bySpeed(operands.at(-1)!))
  return sumCode({ lengths, rows: kept, along, output, finishes }, operands)
}

/** The operand so that invocations beside each other, which have kept places beside each other, read what stands side by side: products are up to a fifth faster (docs/webgpu.md). */
function sideBySide(
  operand: Operand,
  groups: readonly [Group, Group, Group],
  lengths: readonly number[],
): Operand {
  const shader = new Shader(lengths)
  if (!operand.turned || shader.isVector(operand, groups, 1)) return operand
  const turned = operand.turned()
  return turned !== null && shader.isVector(turned, groups, 1) ? turned : operand
}
