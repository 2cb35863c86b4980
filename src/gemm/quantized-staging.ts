/** A product with codes in linear memory, wherever its other tensors are. What is too large to be brought there at once is divided by rows, which have nothing to do with each other. */
import type { Heap } from '../wasm/heap.ts'
import type { ResidentMatrix } from '../wasm/product.ts'
import { type QuantizedColumns, quantizedEngine } from '../wasm/quantized.ts'
import { currentRecording } from '../wasm/recording.ts'
import { halvesOf } from './halves.ts'
import { lengthOf } from './matrix.ts'
import type { Operand } from './operand.ts'
import type { Product } from './pair.ts'
import { wideLimit } from './row-codes.ts'
import { placesOf, Stage, windowFloats } from './stage.ts'
import { inHeap } from './staging.ts'
import { type MatrixWalks, walksOf } from './walks.ts'

/** Computes a product of float32 tensors with codes; `columns` packs them where they are not yet. */
export function multiplyCodesInHeap(heap: Heap, product: Product, columns: () => QuantizedColumns): void {
  const { lengths, groups, a, output } = product
  const bias = product.epilogue.bias && inHeap(heap, product.epilogue.bias)
  const residual = product.epilogue.residual && inHeap(heap, product.epilogue.residual)
  const inputs = [a, bias, residual].filter((tensor) => tensor !== null)
  const places = placesOf(lengths, inputs, output)
  const isLarge = [...places.values()].some(({ size }) => size > windowFloats)
  const longest = [...groups.rows].sort((x, y) => lengths[y]! - lengths[x]!)[0]
  if (isLarge && longest !== undefined && lengths[longest]! > 1) {
    currentRecording()?.fail()
    for (const half of halvesOf(product, longest)) multiplyCodesInHeap(heap, half, columns)
    return
  }
  const b = columns()
  if (places.size === 0) {
    compute(heap, { ...product, epilogue: { ...product.epilogue, bias, residual } }, b)
    return
  }
  // what is brought to linear memory for one product stands elsewhere for the next
  currentRecording()?.fail()
  const stage = new Stage(heap, lengths)
  try {
    stage.bring(places, output)
    const staged = {
      ...product,
      a: stage.at(a),
      output: stage.at(output),
      epilogue: {
        ...product.epilogue,
        bias: bias && stage.at(bias),
        residual: residual && stage.at(residual),
      },
    }
    compute(heap, { ...staged, walks: walksOf(staged) }, b)
    stage.takeBack(output)
  } finally {
    stage.release()
  }
}

function compute(heap: Heap, { a, output, walks, epilogue }: Product, b: QuantizedColumns): void {
  const k = lengthOf(walks.a.columns)
  const { scale, bias, activation, residual } = epilogue
  quantizedEngine(heap).multiply({
    ...{ m: lengthOf(walks.a.rows), n: lengthOf(walks.b.columns), k, limit: wideLimit(k) },
    ...{ a: resident(a, walks.a), b, target: resident(output, walks.output), scale, activation },
    bias: bias && resident(bias, walks.bias!),
    residual: residual && resident(residual, walks.residual!),
  })
}

function resident({ offset }: Operand, { rows, columns }: MatrixWalks): ResidentMatrix {
  return { origin: 4 * offset, rows, columns }
}
