/** What other modules take from that of products (src/wasm/assembly/product.ts), which every heap and every thread has: its code stands once. */

@external('product', 'multiplyBlock')
export declare function multiplyBlock(
  source: usize, rows: usize, depths: usize, k: i32, panels: usize, output: usize, row: i32, m: i32, n: i32,
  scratch: usize, blockRows: i32, blockDepth: i32,
): void

@external('product', 'packColumns')
export declare function packColumns(
  panels: usize, panelBytes: usize, source: usize, depths: usize, k: i32, columns: usize, n: i32,
): void

@external('product', 'finishSums')
export declare function finishSums(
  output: usize, sums: usize, scratch: usize, row: i32, rows: i32, column: i32, count: i32, runs: i32,
): void

@external('product', 'activateColumns')
export declare function activateColumns(output: usize, row: i32, rows: i32, column: i32): void

@external('product', 'activate')
export declare function activate(y: usize, x: usize, end: usize, activation: i32): void

@external('product', 'softmaxRow')
export declare function softmaxRow(x: usize, n: i32): void
