/**
 * Which tensors live in the heap's linear memory, told by their buffer. Apart from the heap, so that who only has to ask does not carry the
 * kernels of products with it.
 */

let memory: WebAssembly.Memory | undefined
let view = new Float32Array(0)
/** The buffers that the memory has had. */
const buffers = new WeakSet<ArrayBufferLike>()

/** Makes a memory the one whose tensors are resident. */
export function reside(owner: WebAssembly.Memory): void {
  memory = owner
}

/** The whole memory as floats: good as a tensor's data for ever, for reading elements until the memory grows. */
export function residentFloats(): Float32Array {
  const buffer = memory!.buffer
  if (view.buffer !== buffer) {
    view = new Float32Array(buffer)
    buffers.add(buffer)
  }
  return view
}

/** Whether a buffer is the heap's, or was before the heap grew; a tensor's address is then 4 × its offset. */
export function isResident(data: object): boolean {
  return data === view || (data instanceof Float32Array && buffers.has(data.buffer))
}

/** The same elements, readable: of a tensor in the heap, the heap as it is now. */
export function current<D extends object>(data: D): D {
  return isResident(data) ? (residentFloats() as object as D) : data
}
