/** Products with weights of eight bits in plain TypeScript: what the kernel is tested against, bit for bit, and what computes where there is none. */
import { fillOffsets, type Walk } from '../wasm/offsets.ts'
import { computedPlainly } from '../wasm/recording.ts'
import { activations } from './activation.ts'
import type { Elements } from './kernel.ts'
import { lengthOf } from './matrix.ts'
import { dataOf, type Operand } from './operand.ts'
import type { Product } from './pair.ts'
import { encodeFine, encodeWide, wideLimit } from './row-codes.ts'
import type { MatrixWalks } from './walks.ts'

/** Codes of a matrix by its walk, and what belongs to its columns. */
export interface ColumnCodes {
  readonly codes: Int8Array
  readonly scales: Float32Array
  /** Whether rows have 7 bits. */
  readonly isFine: boolean
}

const { fround } = Math

/** Computes a product without batch axes whose right operand is codes. */
export function multiplyCodesPlainly(product: Product, { codes, scales, isFine }: ColumnCodes): void {
  computedPlainly()
  const { a, output, walks, epilogue } = product
  const [rows, depths] = [tableOf(walks.a.rows), tableOf(walks.a.columns)]
  const [places, columns] = [tableOf(walks.b.rows), tableOf(walks.b.columns)]
  const k = depths.length
  const row = new Float32Array(k)
  const rowCodes = new Int32Array(k)
  const [from, to] = [dataOf(a) as Elements, element(output, walks.output)]
  const bias = epilogue.bias && element(epilogue.bias, walks.bias!)
  const residual = epilogue.residual && element(epilogue.residual, walks.residual!)
  const activate = epilogue.activation && activations[epilogue.activation]
  rows.forEach((start, i) => {
    for (let p = 0; p < k; p++) row[p] = from[a.offset + start + depths[p]!]!
    const { unit, zero } = isFine ? encodeFine(row, rowCodes) : encodeWide(row, wideLimit(k), rowCodes)
    const factor = fround(unit * fround(epilogue.scale))
    columns.forEach((column, j) => {
      let sum = 0
      for (let p = 0; p < k; p++) sum += (rowCodes[p]! - zero) * codes[column + places[p]!]!
      let value = fround(fround(fround(sum) * scales[j]!) * factor)
      if (bias) value = fround(value + bias.data[bias.at(i, j)]!)
      if (activate) value = fround(activate(value))
      if (residual) value = fround(value + residual.data[residual.at(i, j)]!)
      to.data[to.at(i, j)] = value
    })
  })
}

/** The elements of a matrix, and where they stand. */
function element(tensor: Operand, { rows, columns }: MatrixWalks) {
  const [down, across] = [tableOf(rows), tableOf(columns)]
  return {
    data: dataOf(tensor) as Elements,
    at: (i: number, j: number) => tensor.offset + down[i]! + across[j]!,
  }
}

export function tableOf(walk: Walk): Int32Array {
  const table = new Int32Array(lengthOf(walk))
  fillOffsets(walk, 0, table)
  return table
}
