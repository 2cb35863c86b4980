/** An array on the graphics card: what one model gives and another takes, and what comes from and goes to others there. */
import { EinopsError } from '../../grammar/error.ts'
import { classOf } from '../layout/data.ts'
import { type Dtype, isSignedDtype } from '../layout/dtype.ts'
import { contiguous, sizeOf } from '../layout/layout.ts'
import { showShape } from '../layout/show.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import { toNdarray } from '../ops/array.ts'
import { type Card, type CardBuffer, usage } from './card.ts'

/**
 * An array whose elements are on the graphics card, one after the other in row-major order, in four bytes each.
 *
 * @example
 * const run = await gpu(new Linear(3, 2)).catch(() => null)
 * const y = await run?.runToGpu(ndarray(new Float32Array(12), [4, 3])) // y.buffer is a GPUBuffer, y.read() brings it back
 * y?.shape ?? 'no card here' // → no card here
 */
export class GpuArray {
  readonly device: Card
  /** The `GPUBuffer`. */
  readonly buffer: CardBuffer
  readonly shape: readonly number[]
  readonly dtype: Dtype

  /**
   * @param device whose buffer it is
   * @param buffer a `GPUBuffer` that can be copied from (`COPY_SRC`)
   * @param shape lengths of the axes
   * @param dtype what the elements are; smaller whole numbers stand in four bytes, too
   * @throws {EinopsError} when the buffer is too small or cannot be copied from
   */
  constructor(device: Card, buffer: CardBuffer, shape: readonly number[], dtype: Dtype = 'float32') {
    this.device = device
    this.buffer = buffer
    this.shape = Object.freeze([...shape])
    this.dtype = dtype
    if (buffer.size < 4 * sizeOf(shape)) {
      throw mistake(
        `the buffer is too small — got ${buffer.size} bytes, expected ${4 * sizeOf(shape)} for ${showShape(shape)}`,
      )
    }
    if ((buffer.usage & usage.copyFrom) === 0) {
      throw mistake('the buffer cannot be copied from — its usage lacks GPUBufferUsage.COPY_SRC')
    }
  }

  /** Copies the elements to a buffer on the same card. */
  copyTo(device: Card, buffer: CardBuffer): void {
    if (device !== this.device) {
      throw mistake(
        'the array is on another device — models that pass arrays on share one: gpu(model, { device })',
      )
    }
    const encoder = device.createCommandEncoder()
    const bytes = 4 * sizeOf(this.shape)
    if (bytes > 0) encoder.copyBufferToBuffer(this.buffer as never, 0, buffer as never, 0, bytes)
    device.queue.submit([encoder.finish() as never])
  }

  /** The elements, brought back. */
  async read(): Promise<NdArray<Data>> {
    const size = Math.max(4, 4 * sizeOf(this.shape))
    const staging = this.device.createBuffer({ size, usage: usage.mapRead | usage.copyTo }) as CardBuffer
    try {
      this.copyTo(this.device, staging)
      await staging.mapAsync(usage.mapRead)
      return GpuArray.arrayOf(staging.getMappedRange().slice(0, 4 * sizeOf(this.shape)), this)
    } finally {
      staging.destroy()
    }
  }

  /** Frees the buffer. */
  dispose(): void {
    this.buffer.destroy()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  /** @internal */
  static arrayOf(
    bytes: ArrayBuffer,
    { shape, dtype }: { readonly shape: readonly number[]; readonly dtype: Dtype },
  ): NdArray<Data> {
    const words =
      dtype === 'float32'
        ? new Float32Array(bytes)
        : isSignedDtype(dtype)
          ? new Int32Array(bytes)
          : new Uint32Array(bytes)
    const Elements = classOf(dtype) as unknown as { from(values: ArrayLike<number>): Data }
    const data = dtype === 'float32' ? words : Elements.from(words)
    return toNdarray({ ...contiguous(shape), data } as never)
  }
}

function mistake(what: string): EinopsError {
  return new EinopsError({ code: 'gpu/array', operation: 'GpuArray', what })
}
