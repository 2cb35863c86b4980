/** The kernels that only training needs, on the heap's memory: compiled when a gradient is first computed. */
import { training as embedded, type TrainingKernels } from './generated/training.ts'
import type { Heap } from './heap.ts'
import { instantiate } from './instantiate.ts'
import { currentRecording } from './recording.ts'

let kernels: TrainingKernels | null = null
let memory: WebAssembly.Memory | null = null

/** They follow the heap when it moves to memory that threads share. */
export function trainingKernels({ memory: own }: Heap): TrainingKernels {
  // nothing writes these calls down
  currentRecording()?.fail()
  if (kernels === null || memory !== own.memory) {
    kernels = instantiate(embedded, own.memory)!
    memory = own.memory
  }
  return kernels
}
