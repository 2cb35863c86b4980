/**
 * The linear memory of this process and the engine on it, made on first use. A tensor that lives there is an ordinary tensor whose buffer
 * is a view of the whole memory and whose offset is its address: so every view of it does, too. Growing the memory detaches that buffer, not
 * the tensor: kernels need only the address, and whoever reads elements asks for `current` data first.
 */
import { type SoftmaxKernels, softmax } from './generated/softmax.ts'
import { instantiate } from './instantiate.ts'
import { LinearMemory, type Pointer } from './memory.ts'
import { ProductEngine } from './product.ts'

export interface Heap {
  readonly memory: LinearMemory
  readonly engine: ProductEngine
  readonly kernels: SoftmaxKernels
}

let heap: Heap | null | undefined

/** The heap, or null where this platform has no WebAssembly SIMD. */
export function getHeap(): Heap | null {
  if (heap === undefined) {
    const memory = new LinearMemory()
    const engine = ProductEngine.on(memory)
    const kernels = instantiate(softmax, memory.memory)
    heap = engine && kernels && { memory, engine, kernels }
  }
  return heap
}

let view = new Float32Array(0)
/** The buffers that the memory has had. */
const buffers = new WeakSet<ArrayBufferLike>()

/** The whole memory as floats: good as a tensor's data for ever, for reading elements until the memory grows. */
export function heapView({ memory }: Heap): Float32Array {
  const { buffer } = memory.memory
  if (view.buffer !== buffer) {
    view = new Float32Array(buffer)
    buffers.add(buffer)
  }
  return view
}

/** Whether a buffer is the heap's, or was before the heap grew; a tensor's address is then 4 × its offset. */
export function isResident(data: object): boolean {
  return data instanceof Float32Array && buffers.has(data.buffer)
}

/** The same elements, readable: of a tensor in the heap, the heap as it is now. */
export function current<D extends object>(data: D): D {
  return isResident(data) ? (heapView(getHeap()!) as object as D) : data
}

/** Floats handed out by the heap. */
export function allocateFloats(owner: Heap, count: number): Pointer {
  return owner.memory.allocate(4 * count)
}
