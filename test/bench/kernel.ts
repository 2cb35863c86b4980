/** What the product benchmark needs of the sources: the package does not export its kernels. */
export { capabilities } from '../../src/wasm/capabilities.ts'
export { getHeap } from '../../src/wasm/heap.ts'
export { ProductEngine } from '../../src/wasm/product.ts'
export { init } from '../../src/wasm/threads.ts'
