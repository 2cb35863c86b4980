/** What runs along rows, on linear memory: by the calling thread, or, where there is enough of it, by all threads, with the same bits. */
import { rows as embedded, type RowsKernels } from './generated/rows.ts'
import type { LinearMemory, Pointer } from './memory.ts'
import type { ProductEngine } from './product.ts'
import { RowsJobs } from './rows-job.ts'

/** What kinds of jobs there are (src/wasm/assembly/rows.ts). */
const kinds = { add: 0, multiply: 1, activate: 2, normalise: 3, softmax: 4, sumRows: 5, drop: 6 } as const

export class RowsEngine {
  readonly #engine: ProductEngine
  readonly #jobs: RowsJobs

  private constructor(memory: LinearMemory, engine: ProductEngine) {
    this.#engine = engine
    this.#jobs = new RowsJobs(memory, engine)
  }

  /** The engine for a memory, or null where this platform does not have its kernels. */
  static on(memory: LinearMemory, engine: ProductEngine): RowsEngine | null {
    return engine.team(embedded) && new RowsEngine(memory, engine)
  }

  get #team() {
    return this.#engine.team(embedded)!
  }

  get #kernels(): RowsKernels {
    return this.#team.kernels
  }

  /** c[i] = a[i] + b[i], i < n. */
  add(c: Pointer, a: Pointer, b: Pointer, n: number): void {
    if (this.#jobs.shares(n)) this.#jobs.run(this.#team, kinds.add, { count: n, tensors: [c, a, b] })
    else this.#kernels.add(c, a, b, n)
  }

  /** c[i] = a[i] · b[i], i < n. */
  multiply(c: Pointer, a: Pointer, b: Pointer, n: number): void {
    if (this.#jobs.shares(n)) this.#jobs.run(this.#team, kinds.multiply, { count: n, tensors: [c, a, b] })
    else this.#kernels.multiply(c, a, b, n)
  }

  /** y[i] = activation(x[i]), i < n. */
  activate(y: Pointer, x: Pointer, n: number, activation: number): void {
    if (this.#jobs.shares(n))
      this.#jobs.run(this.#team, kinds.activate, { count: n, choice: activation, tensors: [y, x] })
    else this.#kernels.activate(y, x, n, activation)
  }

  /** y[i] = factor · x[i], or 0 where the random bits of place i are less than `below`, i < n. */
  drop(
    y: Pointer,
    x: Pointer,
    n: number,
    { seed, key, below, factor }: Readonly<Record<'seed' | 'key' | 'below' | 'factor', number>>,
  ): void {
    if (this.#jobs.shares(n)) {
      const job = { count: n, step: below, choice: seed, scale: factor, tensors: [y, x, key] }
      this.#jobs.run(this.#team, kinds.drop, job)
    } else this.#kernels.drop(y, x, n, seed, key, below, factor)
  }

  /** A layer norm, or an RMS norm, of each row; y: [rows, n], x: [rows, n], `step` bytes from row to row; weight, bias: [n], or 0. */
  normalise(
    [y, x, weight, bias]: readonly [Pointer, Pointer, Pointer, Pointer],
    {
      step,
      rows,
      n,
      eps,
      centred,
    }: {
      readonly step: number
      readonly rows: number
      readonly n: number
      readonly eps: number
      readonly centred: boolean
    },
  ): void {
    if (this.#jobs.shares(rows * n)) {
      const tensors = [y, x, weight, bias]
      this.#jobs.run(this.#team, kinds.normalise, {
        ...{ count: rows, n, step, choice: Number(centred), eps, tensors },
      })
    } else this.#kernels.normalise(y, x, step, rows, n, weight, bias, eps, centred)
  }

  /** y[j] = Σ x[i, j] / divisor, i < rows; x: [rows, n], `step` bytes from row to row. */
  sumRows(
    [y, x]: readonly [Pointer, Pointer],
    form: { readonly step: number; readonly rows: number; readonly n: number; readonly divisor: number },
  ): void {
    const { step, rows, n, divisor } = form
    if (this.#jobs.shares(rows * n)) {
      const job = { count: n, step, choice: rows, eps: divisor, tensors: [y, x] }
      this.#jobs.run(this.#team, kinds.sumRows, job)
    } else this.#kernels.sumRows(y, x, step, rows, n, divisor)
  }

  /** Softmax of each row of x: [rows, n], in place. */
  softmax(x: Pointer, rows: number, n: number): void {
    if (this.#jobs.shares(rows * n))
      this.#jobs.run(this.#team, kinds.softmax, { count: rows, n, tensors: [x] })
    else this.#kernels.softmax(x, rows, n)
  }
}
