/**
 * A product as its strides decide it, apart from the tensors: found once, and multiplied for any that stand in memory alike, by the way that suits it.
 */
import { isFloat32 } from '../layout/realms.ts'
import { getHeap, isResident } from '../wasm/heap.ts'
import { multiplyAsDoubles } from './as-doubles.ts'
import { multiplyBatch } from './batch.ts'
import { isThinForPlain, type KernelKind, kernelFor, staysOutside } from './choose.ts'
import { multiplyDirectly } from './direct.ts'
import { lengthOf } from './matrix.ts'
import type { Contraction, Operand } from './operand.ts'
import { asProduct, type Product } from './pair.ts'
import { plainKernel } from './plain-kernel.ts'
import { multiplyInHeap } from './staging.ts'

/** Where a tensor begins, its strides being known. */
export type Located = Pick<Operand, 'data' | 'offset' | 'weight'>

/** Of a contraction what is known without its strides. */
export interface LocatedTensors {
  readonly operands: readonly Located[]
  readonly output: Located
  readonly epilogue: { readonly bias: Located | null; readonly residual: Located | null }
}

export class BoundPair {
  /** Its tensors have strides, and no elements. */
  readonly #product: Product
  readonly #swapped: boolean
  readonly #kernel: KernelKind
  readonly #isThinForPlain: boolean
  readonly #isFar: boolean
  readonly #isSmall: boolean

  /** @param contraction - of two operands, without needless labels */
  constructor(contraction: Contraction) {
    const product = asProduct(contraction)
    const { lengths, a, b, output, epilogue, walks } = product
    const [m, k, n] = [lengthOf(walks.a.rows), lengthOf(walks.a.columns), lengthOf(walks.b.columns)]
    const tensors = [a, b, output, epilogue.bias, epilogue.residual]
    this.#swapped = a === contraction.operands[1]
    this.#kernel = kernelFor(product)
    this.#isThinForPlain = isThinForPlain(m, n, k)
    this.#isFar = tensors.some((tensor) => tensor && reach(lengths, tensor) >= 2 ** 31)
    this.#isSmall = staysOutside(lengths.reduce((all, length) => all * length, 1))
    this.#product = movedTo(product, [nowhere, nowhere, nowhere, nowhere, nowhere])
  }

  /** Multiplies two operands of numbers into the output. */
  multiply({ operands, output, epilogue: { bias, residual } }: LocatedTensors): void {
    const [first, second] = operands as [Located, Located]
    const [a, b] = this.#swapped ? [second, first] : [first, second]
    const tensors = [a, b, output, bias, residual] as const
    const product = movedTo(this.#product, tensors)
    if (b.weight?.multiply(product)) return
    const single = tensors.every((tensor) => tensor === null || isFloat32(tensor.data))
    const heap = single ? getHeap() : null
    if (heap !== null && !this.#isFar) {
      const isOutside = this.#isSmall && !tensors.some((tensor) => tensor && isInside(tensor))
      if (this.#kernel === 'thin' && isOutside) multiplyDirectly(product)
      else multiplyInHeap(heap, product, this.#kernel)
    } else {
      const plainly = this.#isThinForPlain || this.#isFar ? multiplyDirectly : multiplyPacked
      multiplyAsDoubles(product, plainly)
    }
  }
}

function multiplyPacked(product: Product): void {
  multiplyBatch(plainKernel, product)
}

function isInside({ data, weight }: Located): boolean {
  return weight !== undefined || isResident(data)
}

const nowhere: Located = Object.freeze({ data: new Float32Array(0), offset: 0 })

/** The product of other tensors with the same strides. */
function movedTo(
  { lengths, groups, walks, isDots, epilogue, ...tensors }: Product,
  [a, b, output, bias, residual]: readonly [Located, Located, Located, Located | null, Located | null],
): Product {
  const [left, right] = [at(a, tensors.a), at(b, tensors.b)]
  return {
    ...{ lengths, groups, walks, isDots },
    operands: [left, right],
    a: left,
    b: right,
    output: at(output, tensors.output),
    epilogue: {
      scale: epilogue.scale,
      activation: epilogue.activation,
      bias: epilogue.bias && bias && at(bias, epilogue.bias),
      residual: epilogue.residual && residual && at(residual, epilogue.residual),
    },
  }
}

function at({ data, offset, weight }: Located, { stride }: Operand): Operand {
  return { data, offset, stride, weight }
}

/** How far an operand's elements stand apart at most: more does not fit a table of 32-bit offsets. */
function reach(lengths: readonly number[], { stride }: Operand): number {
  return stride.reduce((sum, step, label) => sum + Math.abs(step) * Math.max(0, lengths[label]! - 1), 0)
}
