/**
 * The linear memory of this process and the engine on it, made on first use. A tensor that lives there is an ordinary tensor whose buffer
 * is a view of the whole memory and whose offset is its address: so every view of it does, too. Growing the memory detaches that buffer, not
 * the tensor: kernels need only the address, and whoever reads elements asks for `current` data first.
 */
import { canRun, handed, type ModuleName } from './capabilities.ts'
import { ManyEngine } from './many.ts'
import { LinearMemory, type Pointer } from './memory.ts'
import { ProductEngine } from './product.ts'
import { reside } from './resident.ts'
import { RowsEngine } from './rows.ts'
import { ThinEngine } from './thin.ts'

export { current, isResident, residentFloats } from './resident.ts'

export interface Heap {
  readonly memory: LinearMemory
  readonly engine: ProductEngine
  readonly many: ManyEngine
  readonly thin: ThinEngine
  /** What runs along rows. */
  readonly rows: RowsEngine
}

/** Moves the heap to memory that threads can share; every tensor stays where it is. */
export function shareHeap(owner: Heap): void {
  const { memory } = owner
  memory.share()
  reside(memory.memory)
}

let heap: Heap | null = null
/** How many modules there were when it was last tried. */
let triedWith = -1

/** The heap, or null where this platform has no WebAssembly SIMD, or not the kernels of a module that are needed there. */
export function getHeap(module: ModuleName = 'product'): Heap | null {
  if (!canRun(module)) return null
  if (heap === null && triedWith !== handed.size) {
    triedWith = handed.size
    heap = makeHeap()
  }
  return heap
}

function makeHeap(): Heap | null {
  try {
    const memory = new LinearMemory()
    const engine = ProductEngine.on(memory)
    reside(memory.memory)
    const rows = engine && RowsEngine.on(memory, engine)
    if (engine === null || rows === null) return null
    return {
      ...{ memory, engine, rows },
      ...{ many: new ManyEngine(memory, engine), thin: new ThinEngine(memory, engine) },
    }
  } catch (error) {
    // no room for a memory, a browser that compiles nothing of this size at once, or a policy without 'wasm-unsafe-eval'
    if (error instanceof RangeError || error instanceof WebAssembly.CompileError) return null
    throw error
  }
}

/** Floats handed out by the heap. */
export function allocateFloats(owner: Heap, count: number): Pointer {
  return owner.memory.allocate(4 * count)
}
