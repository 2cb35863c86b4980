/** Kernels run by themselves, on buffers of one's own. */
import type { Card, CardBuffer } from 'tesserae/webgpu'
import { usage } from '../../src/webgpu/card.ts'
import { pipelineFor } from '../../src/webgpu/pipelines.ts'
import type { KernelCode } from '../../src/webgpu/shader.ts'

/** Runs kernels over buffers that begin as given, by their ids; numbers are so many zeros. What the buffer `output` has then. */
export async function ran(
  device: Card,
  kernels: readonly KernelCode[],
  contents: ReadonlyMap<number, Float32Array | number>,
  output: number,
): Promise<Float32Array> {
  const buffers = new Map<number, CardBuffer>()
  device.pushErrorScope('validation')
  for (const [id, content] of contents) {
    const size = Math.max(16, Math.ceil((typeof content === 'number' ? content : content.length) / 4) * 16)
    const all = usage.storage | usage.copyTo | usage.copyFrom
    const buffer = device.createBuffer({ size, usage: all }) as CardBuffer
    if (typeof content !== 'number' && content.length > 0) {
      device.queue.writeBuffer(buffer as never, 0, content as never)
    }
    buffers.set(id, buffer)
  }
  const pipelines = await Promise.all(kernels.map(({ code, label }) => pipelineFor(device, code, label)))
  const encoder = device.createCommandEncoder()
  const pass = encoder.beginComputePass()
  kernels.forEach((kernel, i) => {
    const entries = kernel.buffers.map((id, binding) => ({ binding, resource: { buffer: buffers.get(id)! } }))
    pass.setPipeline(pipelines[i] as never)
    pass.setBindGroup(
      0,
      device.createBindGroup({ layout: pipelines[i]!.getBindGroupLayout(0), entries } as never) as never,
    )
    pass.dispatchWorkgroups(...kernel.workgroups)
  })
  pass.end()
  const from = buffers.get(output)!
  const staging = device.createBuffer({ size: from.size, usage: usage.mapRead | usage.copyTo }) as CardBuffer
  encoder.copyBufferToBuffer(from as never, 0, staging as never, 0, from.size)
  device.queue.submit([encoder.finish() as never])
  const refusal = await device.popErrorScope()
  if (refusal !== null) throw new Error(refusal.message)
  await staging.mapAsync(usage.mapRead)
  const result = new Float32Array(staging.getMappedRange().slice(0))
  for (const buffer of [...buffers.values(), staging]) buffer.destroy()
  return result
}
