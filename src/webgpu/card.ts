/**
 * The part of WebGPU's interface that is used here, so that neither this package nor who installs it needs types of WebGPU: a browser's `GPUDevice` is a `Card`.
 */

export interface CardBuffer {
  readonly size: number
  readonly usage: number
  mapAsync(mode: number): Promise<unknown>
  getMappedRange(): ArrayBuffer
  unmap(): void
  destroy(): void
}

export interface CardPipeline {
  getBindGroupLayout(index: number): unknown
}

interface Pass {
  setPipeline(pipeline: never): void
  setBindGroup(index: number, group: never): void
  dispatchWorkgroups(x: number, y?: number): void
  end(): void
}

interface Encoder {
  beginComputePass(): Pass
  copyBufferToBuffer(from: never, fromOffset: number, to: never, toOffset: number, size: number): void
  finish(): unknown
}

/** A `GPUDevice`. */
export interface Card {
  readonly limits: object
  readonly lost: Promise<{ readonly reason: string | undefined; readonly message: string }>
  readonly queue: {
    writeBuffer(buffer: never, offset: number, data: never, from?: number, size?: number): void
    submit(commands: Iterable<never>): void
    onSubmittedWorkDone(): Promise<unknown>
  }
  createBuffer(descriptor: { size: number; usage: number }): unknown
  createShaderModule(descriptor: { code: string; label?: string }): unknown
  createComputePipelineAsync(descriptor: never): Promise<CardPipeline>
  createBindGroup(descriptor: never): unknown
  createCommandEncoder(): Encoder
  pushErrorScope(filter: 'validation' | 'out-of-memory' | 'internal'): void
  popErrorScope(): Promise<{ readonly message: string } | null>
  destroy(): void
}

/** A `GPUAdapter`. */
export interface Adapter {
  readonly limits: object
  requestDevice(descriptor: never): Promise<Card>
}

/** What buffers are for, as the specification numbers it; its names are not there where there is no WebGPU. */
export const usage = { mapRead: 1, copyFrom: 4, copyTo: 8, storage: 128 } as const

/** One limit of a device or an adapter. */
export function limitOf({ limits }: { readonly limits: object }, name: string): number {
  return (limits as Record<string, number>)[name]!
}
