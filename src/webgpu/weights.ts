/**
 * The parameters of a model on the card: uploaded once, a few megabytes at a time, and again when their values have changed. Programs for other shapes of the input share them.
 */
import { narrowToHalf } from '../checkpoint/half.ts'
import { materialize } from '../copy/copy.ts'
import { isContiguous, sizeOf } from '../layout/layout.ts'
import type { Data, Tensor } from '../layout/tensor.ts'
import { type HeldWeight, tensorOf, type Weighted } from '../steps/value.ts'
import { type Card, type CardBuffer, usage } from './card.ts'

/** A buffer of elements of a parameter, and which values it has. */
interface Uploaded {
  readonly buffer: CardBuffer
  readonly from: number
  readonly size: number
  weight: HeldWeight
  edits: number
}

/** Elements that are converted at once. */
const chunk = 1 << 20

/** Bytes that may be under way to the card. */
const mostUnderWay = 64 << 20

export class Weights {
  readonly #card: Card
  readonly #half: boolean
  readonly #known = new Map<Weighted, Uploaded[]>()
  #underWay = 0

  constructor(card: Card, half: boolean) {
    this.#card = card
    this.#half = half
  }

  /** Bytes on the card. */
  get bytes(): number {
    return [...this.#known.values()].flat().reduce((sum, { buffer }) => sum + buffer.size, 0)
  }

  /** The buffer of so many elements of a parameter from one on, made and filled where it is not there yet. */
  async bufferFor(source: Weighted, from: number, size: number): Promise<CardBuffer> {
    const all = this.#known.get(source) ?? []
    const known = all.find((part) => part.from === from && part.size === size)
    if (known !== undefined) return known.buffer
    const bytes = Math.max(16, Math.ceil((size * (this.#half ? 2 : 4)) / 16) * 16)
    const buffer = this.#card.createBuffer({ size: bytes, usage: usage.storage | usage.copyTo }) as CardBuffer
    const { weight } = source
    const part = { buffer, from, size, weight, edits: weight.edits }
    this.#known.set(source, [...all, part])
    this.#write(part, elementsOf(source))
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
      const elements = elementsOf(source)
      for (const part of old) {
        this.#write(part, elements)
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

  #write({ buffer, from, size }: Uploaded, elements: Float32Array): void {
    for (let at = 0; at < size; at += chunk) {
      const part = elements.subarray(from + at, from + Math.min(size, at + chunk))
      const bytes = this.#half ? even(halves(part)) : part
      this.#card.queue.writeBuffer(buffer as never, at * (this.#half ? 2 : 4), bytes as never)
      this.#underWay += bytes.byteLength
    }
  }
}

/** The bits of half floats: by the platform where it has them, which is many times faster. */
function halves(values: Float32Array): Uint16Array {
  const { Float16Array } = globalThis as {
    Float16Array?: new (values: Float32Array) => { buffer: ArrayBuffer }
  }
  return Float16Array ? new Uint16Array(new Float16Array(values).buffer) : narrowToHalf(values)
}

/** What is written takes whole words. */
function even(bits: Uint16Array): Uint16Array {
  if (bits.length % 2 === 0) return bits
  const padded = new Uint16Array(bits.length + 1)
  padded.set(bits)
  return padded
}

function elementsOf(source: Weighted): Float32Array {
  return inOrder(tensorOf(source)) as Float32Array
}

/** The elements of a tensor in row-major order. */
export function inOrder(tensor: Tensor): Data {
  const { data, offset, shape } = tensor
  const isPlain = isContiguous(tensor) && ArrayBuffer.isView(data)
  return isPlain
    ? (data as unknown as Float32Array).subarray(offset, offset + sizeOf(shape))
    : materialize(tensor).data
}
