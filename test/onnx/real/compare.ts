/** A model's answers beside those of the file that it is written to. */
import { toDims } from 'tesserae/adapters'
import type { Module } from 'tesserae/nn'
import { type OnnxOptions, toOnnx } from 'tesserae/onnx'
import { numbers } from '../numbers.ts'

/** What both packages of onnxruntime have. */
export interface Runtime {
  readonly InferenceSession: { create(file: Uint8Array, options?: object): Promise<Session> }
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => unknown
}

interface Session {
  run(
    feeds: Readonly<Record<string, unknown>>,
  ): Promise<Record<string, { data: unknown; dims: readonly number[] }>>
}

/** How far the file's answers are from the model's, in parts of the answers' range: the largest over batches of 1 and 3. */
export async function differenceOf(
  { InferenceSession, Tensor }: Runtime,
  model: Module,
  { shape, ...options }: OnnxOptions & { readonly shape: readonly number[] },
): Promise<number> {
  const session = await InferenceSession.create(toOnnx(model, { shape, ...options }), { logSeverityLevel: 3 })
  let most = 0
  for (const batch of [1, 3]) {
    const x = numbers([batch, ...shape.slice(1)], batch)
    const want = model.forward(x)
    const { y } = await session.run({ x: new Tensor('float32', x.data, x.shape) })
    if (y!.dims.join() !== want.shape.join())
      throw new Error(`the file gives [${y!.dims}], the model [${want.shape}]`)
    most = Math.max(most, difference(y!.data as Float32Array, toDims(want).data))
  }
  return most
}

/** The largest difference in parts of the range. */
export function difference(got: Float32Array, want: Float32Array): number {
  let [most, low, high] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const [i, value] of want.entries()) {
    const one = Math.abs(value - got[i]!)
    most = Number.isNaN(one) ? Number.POSITIVE_INFINITY : Math.max(most, one)
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  return most / (high - low)
}
