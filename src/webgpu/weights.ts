/**
 * The parameters of a model on the card: uploaded once, a few megabytes at a time, and again when their values have changed. Programs for other shapes of the input share them.
 */
import { narrowToHalf } from '../checkpoint/half.ts'
import { materialize } from '../copy/copy.ts'
import { contiguous, isContiguous, sizeOf } from '../layout/layout.ts'
import type { Data, Tensor } from '../layout/tensor.ts'
import { codesIn } from '../program/weights.ts'
import { type HeldWeight, tensorOf, type Weighted } from '../steps/value.ts'
import { type Card, type CardBuffer, usage } from './card.ts'

/** What is uploaded of a parameter: its elements as floats, in half the bits, or as codes of eight bits; or the scales of its codes. */
export type Form = 'floats' | 'halves' | 'codes' | 'scales'

/** Which elements of a parameter, and as what. */
export interface Wanted {
  readonly from: number
  readonly size: number
  readonly form: Form
  /** The rows of the matrix that they are turned over as, so that what stood below each other stands side by side; null where they stay as they are. */
  readonly turned: number | null
}

/** A buffer of them, and which values it has. */
interface Uploaded extends Wanted {
  readonly buffer: CardBuffer
  weight: HeldWeight
  edits: number
}

/** Elements that are converted at once. */
const chunk = 1 << 20

/** Bytes that may be under way to the card. */
const mostUnderWay = 64 << 20

export class Weights {
  readonly #card: Card
  readonly #known = new Map<Weighted, Uploaded[]>()
  #underWay = 0

  constructor(card: Card) {
    this.#card = card
  }

  /** Bytes on the card. */
  get bytes(): number {
    return [...this.#known.values()].flat().reduce((sum, { buffer }) => sum + buffer.size, 0)
  }

  /** The buffer of some of a parameter's elements, made and filled where it is not there yet. */
  async bufferFor(source: Weighted, wanted: Wanted): Promise<CardBuffer> {
    const all = this.#known.get(source) ?? []
    const { from, size, form, turned } = wanted
    const known = all.find(
      (part) => part.from === from && part.size === size && part.form === form && part.turned === turned,
    )
    if (known !== undefined) return known.buffer
    const bytes = bytesIn(form, size)
    const buffer = this.#card.createBuffer({ size: bytes, usage: usage.storage | usage.copyTo }) as CardBuffer
    const { weight } = source
    const part = { ...wanted, buffer, weight, edits: weight.edits }
    this.#known.set(source, [...all, part])
    this.#write(part, source)
    if (this.#underWay > mostUnderWay) {
      this.#card.queue.submit([])
      this.#underWay = 0
      await this.#card.queue.onSubmittedWorkDone()
    }
    return buffer
  }

  /** Uploads what has changed since, before anything else is submitted. Whoever holds a parameter's array may have written to it. */
  renew(sources: Iterable<Weighted>): void {
    for (const source of sources) {
      const { weight } = source
      const old = (this.#known.get(source) ?? []).filter(
        (part) => weight.isShared || part.weight !== weight || part.edits !== weight.edits,
      )
      if (old.length === 0) continue
      for (const part of old) {
        this.#write(part, source)
        part.weight = weight
        part.edits = weight.edits
      }
    }
    this.#underWay = 0
  }

  dispose(): void {
    for (const { buffer } of [...this.#known.values()].flat()) buffer.destroy()
    this.#known.clear()
  }

  #write({ buffer, from, size, form, turned }: Uploaded, source: Weighted): void {
    const elements = elementsOf(source, form)
    const width = widths[form]
    const rows = turned ?? 1
    const step = Math.ceil(chunk / rows) * rows
    for (let at = 0; at < size; at += step) {
      const end = Math.min(size, at + step)
      const part = turned
        ? columnsOf({ ...contiguous([rows, size / rows]), data: elements }, at / rows, end / rows)
        : elements.subarray(from + at, from + end)
      const bytes = words(form === 'halves' ? halves(part as Float32Array) : part)
      this.#card.queue.writeBuffer(buffer as never, at * width, bytes as never)
      this.#underWay += bytes.byteLength
    }
  }
}

/** Bytes of an element. */
const widths: Readonly<Record<Form, number>> = { floats: 4, halves: 2, codes: 1, scales: 4 }

/** Bytes of a buffer: it is read in vectors of four words. */
export const bytesIn = (form: Form, size: number): number =>
  Math.max(16, Math.ceil((size * widths[form]) / 16) * 16)

/** The bits of half floats: by the platform where it has them, which is many times faster. */
function halves(values: Float32Array): Uint16Array {
  const { Float16Array } = globalThis as {
    Float16Array?: new (values: Float32Array) => { buffer: ArrayBuffer }
  }
  return Float16Array ? new Uint16Array(new Float16Array(values).buffer) : narrowToHalf(values)
}

/** What is written takes whole words. */
function words<Bits extends Elements | Uint16Array>(bits: Bits): Bits | Uint8Array {
  if (bits.byteLength % 4 === 0) return bits
  const padded = new Uint8Array(Math.ceil(bits.byteLength / 4) * 4)
  padded.set(new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength))
  return padded
}

type Elements = Float32Array | Int8Array

function elementsOf(source: Weighted, form: Form): Elements {
  if (form !== 'codes' && form !== 'scales') return inOrder(tensorOf(source)) as Float32Array
  const { codes, scales } = codesIn(source)!()
  return form === 'codes' ? codes : scales
}

/** Some columns of a matrix, one after the other. */
function columnsOf({ data, shape, stride }: Tensor<Elements>, from: number, to: number): Elements {
  return materialize({ data, shape: [to - from, shape[0]!], stride: stride.toReversed(), offset: from }).data
}

/** The elements of a tensor in row-major order. */
export function inOrder(tensor: Tensor): Data {
  const { data, offset, shape } = tensor
  const isPlain = isContiguous(tensor) && ArrayBuffer.isView(data)
  return isPlain
    ? (data as unknown as Float32Array).subarray(offset, offset + sizeOf(shape))
    : materialize(tensor).data
}
