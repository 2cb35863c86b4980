/**
 * The product of two operands, [batch, m, k] · [batch, n, k] → [batch, m, n], in tiles: a workgroup computes a block of the result, takes the operands' panels of `depth` summed
 * places at a time into shared memory, and each invocation keeps a block of sums in registers. Axes may be composite and stand as they like: each panel is read straight from
 * where the elements are, so that patches, heads and transposed operands cost no copy. The next panels are fetched while the last ones are multiplied.
 * (Blocking after Goto and van de Geijn; on graphics cards after Volkov and Demmel, "Benchmarking GPUs to tune dense linear algebra", SC 2008.)
 */
import { type Finish, type Group, type KernelCode, type Operand, Shader } from './shader.ts'

/** Sizes of the blocks: of the result for a workgroup, of the sums for an invocation, and how many summed places are in shared memory at once. */
export interface Tile {
  readonly rows: number
  readonly columns: number
  readonly depth: number
  readonly rowsEach: number
  readonly columnsEach: number
  /** Into how many the sums are split, each of which has invocations of its own; added up at the end. */
  readonly split: number
}

export interface ProductProblem {
  readonly lengths: readonly number[]
  readonly batch: Group
  readonly m: Group
  readonly n: Group
  readonly k: Group
  readonly a: Operand
  readonly b: Operand
  readonly output: Operand
  readonly finishes: readonly Finish[]
}

/** Bytes of shared memory that a tile takes. */
export function sharedBytes(tile: Tile): number {
  const { columns, depth, split } = tile
  return 16 * (vectorsOfA(tile) + split * depth * (columns / 4 + 1))
}

/** The first operand's panels, and afterwards a vector of sums for each invocation. */
function vectorsOfA(tile: Tile): number {
  const { rows, depth, split } = tile
  return Math.max(split * depth * (rows / 4 + 1), split > 1 ? invocationsOf(tile) : 0)
}

/** How many invocations compute a tile. */
export function invocationsOf({ rows, columns, rowsEach, columnsEach, split }: Tile): number {
  return (rows / rowsEach) * (columns / columnsEach) * split
}

export function productCode(problem: ProductProblem, tile: Tile): KernelCode {
  const { batch, m, n, k, output, finishes } = problem
  const shader = new Shader(problem.lengths)
  const threads = invocationsOf(tile)
  const { rows, columns, depth, rowsEach, columnsEach, split } = tile
  const team = threads / split
  const [M, N, K, B] = [m, n, k, batch].map((group) => shader.count(group)) as [
    number,
    number,
    number,
    number,
  ]
  const [tilesM, tilesN] = [Math.ceil(M / rows), Math.ceil(N / columns)]
  const panels = [
    new Panel(
      shader,
      { name: 'a', operand: problem.a, groups: [batch, m, k], size: rows, first: 'm0' },
      tile,
    ),
    new Panel(
      shader,
      { name: 'b', operand: problem.b, groups: [batch, n, k], size: columns, first: 'n0' },
      tile,
    ),
  ] as const
  shader.putter(output, [batch, m, n], finishes, 4)
  const [down, across] = [range(rowsEach / 4), range(columnsEach / 4)]
  const [threadsDown, threadsAcross] = [rows / rowsEach, columns / columnsEach]
  const sums = down.flatMap((i) => range(4).flatMap((r) => across.map((j) => `c${4 * i + r}_${j}`)))
  const multiply = [
    ...down.map((i) => `let x${i} = a_panel[ofA + p * ${panels[0].step}u + ty + ${i * threadsDown}u];`),
    ...across.map((j) => `let y${j} = b_panel[ofB + p * ${panels[1].step}u + tx + ${j * threadsAcross}u];`),
    ...down.flatMap((i) =>
      range(4).flatMap((r) =>
        across.map((j) => `c${4 * i + r}_${j} = fma(vec4<f32>(x${i}[${r}]), y${j}, c${4 * i + r}_${j});`),
      ),
    ),
  ]
  const put = (i: number, r: number, j: number, value: string) => {
    const [row, column] = [
      `m0 + (ty + ${i * threadsDown}u) * 4u + ${r}u`,
      `n0 + (tx + ${j * threadsAcross}u) * 4u`,
    ]
    const inside = [
      ...(M % rows === 0 ? [] : [`${row} < ${M}u`]),
      ...(N % columns === 0 ? [] : [`${column} < ${N}u`]),
    ]
    const guard = inside.length === 0 ? '' : `if (${inside.join(' && ')}) `
    return `${guard}{ put(batch, ${row}, ${column}, ${value}); }`
  }
  const blocks = down.flatMap((i) => range(4).flatMap((r) => across.map((j) => [i, r, j] as const)))
  const sumOf = ([i, r, j]: (typeof blocks)[number]) => `c${4 * i + r}_${j}`
  // teams lay as many of their sums side by side as the panels leave room for
  const atOnce = Math.floor(vectorsOfA(tile) / threads)
  const rounds = range(Math.ceil(blocks.length / atOnce)).map((round) =>
    blocks.slice(round * atOnce, (round + 1) * atOnce),
  )
  const joined = rounds.map((round) => {
    const write = round.map((block, at) => `a_panel[t + ${at * threads}u] = ${sumOf(block)};`)
    const read = round.map(([i, r, j], at) => {
      const all = range(split).map((part) => `a_panel[u + ${at * threads + part * team}u]`)
      return `if (part == ${at % split}u) { ${put(i, r, j, all.join(' + '))} }`
    })
    return `${write.join('\n')}\nworkgroupBarrier();\n${read.join('\n')}`
  })
  const store =
    split === 1
      ? blocks.map((block) => put(...block, sumOf(block))).join('\n')
      : joined.join('\nworkgroupBarrier();\n')
  const steps = Math.ceil(K / (depth * split))
  const body = `let n0 = g % ${tilesN}u * ${columns}u;
let m0 = g / ${tilesN}u % ${tilesM}u * ${rows}u;
let batch = g / ${tilesM * tilesN}u;
let part = t / ${team}u;
let u = t % ${team}u;
let tx = u % ${threadsAcross}u;
let ty = u / ${threadsAcross}u;
let ofA = part * ${depth * panels[0].step}u;
let ofB = part * ${depth * panels[1].step}u;
${sums.map((name) => `var ${name} = vec4<f32>(0.0);`).join('\n')}
for (var turn = 0u; turn <= ${steps}u; turn++) {
${panels.map((panel) => panel.declare()).join('\n')}
let k0 = (turn * ${split}u + part) * ${depth}u;
if (turn < ${steps}u) {
${panels.map((panel) => panel.load(K)).join('\n')}
}
if (turn > 0u) {
for (var p = 0u; p < ${depth}u; p++) {
${multiply.join('\n')}
}
}
workgroupBarrier();
if (turn < ${steps}u) {
${panels.map((panel) => panel.keep()).join('\n')}
}
workgroupBarrier();
}
${store}`
  return shader.finish('product', threads, B * tilesM * tilesN, body)
}

interface Side {
  readonly name: 'a' | 'b'
  readonly operand: Operand
  /** Of batch, the axes that the result keeps, and those that are summed. */
  readonly groups: readonly [Group, Group, Group]
  /** How many places of the kept axes a panel has. */
  readonly size: number
  /** The first of them. */
  readonly first: string
}

/** One operand's part of a step: [depth, size / 4] vectors along the kept axes. Each invocation brings blocks of 4 × 4. */
class Panel {
  /** Vectors from one summed place to the next; one more than needed, so that they fall on different banks. */
  readonly step: number
  readonly #side: Side
  readonly #blocks: number
  readonly #threads: number
  /** Summed places in shared memory at once. */
  readonly #places: number
  readonly #down: number
  /** Whether four elements are read along the summed axes, and turned over, or along the kept ones. */
  readonly #turned: boolean
  readonly #read: string
  readonly #count: number

  constructor(shader: Shader, side: Side, tile: Tile) {
    const { name, operand, groups, size } = side
    this.#side = side
    this.step = size / 4 + 1
    this.#down = tile.depth / 4
    this.#blocks = this.#down * (size / 4)
    this.#threads = invocationsOf(tile) / tile.split
    this.#places = tile.depth * tile.split
    this.#turned = shader.isVector(operand, groups, 2) || !shader.isVector(operand, groups, 1)
    this.#read = shader.reader(operand, groups, this.#turned ? 2 : 1)
    this.#count = shader.count(groups[1])
    const vectors = name === 'a' ? vectorsOfA(tile) : this.#places * this.step
    shader.part(`${name}_panel`, `var<workgroup> ${name}_panel: array<vec4<f32>, ${vectors}>;`)
  }

  get #turns(): readonly number[] {
    return range(Math.ceil(this.#blocks / this.#threads))
  }

  declare(): string {
    const { name } = this.#side
    return this.#turns.flatMap((turn) => range(4).map((r) => `var ${name}${turn}_${r}: vec4<f32>;`)).join(' ')
  }

  load(K: number): string {
    return this.#each((turn) => {
      const name = `${this.#side.name}${turn}`
      const last = this.#count - 1
      if (this.#turned) {
        const own = K % 4 === 0 ? `min(k, ${K - 4}u)` : 'k'
        const rows = range(4).map((r) => {
          const value = `${this.#read}(batch, min(f + ${r}u, ${last}u), ${own})`
          return `${name}_${r} = ${this.#zeroed(value, 'k', K, true)};`
        })
        return rows.join('\n')
      }
      return range(4)
        .map((r) => {
          const value = `${this.#read}(batch, min(f, ${last - (this.#count % 4 === 0 ? 3 : 0)}u), min(k + ${r}u, ${K - 1}u))`
          return `${name}_${r} = ${this.#zeroed(value, `k + ${r}u`, K, false)};`
        })
        .join('\n')
    })
  }

  /** Zeros where the sum has no more places. */
  #zeroed(value: string, k: string, K: number, along: boolean): string {
    if (K % this.#places === 0) return value
    if (!along) return `select(vec4<f32>(0.0), ${value}, ${k} < ${K}u)`
    if (K % 4 === 0) return `select(vec4<f32>(0.0), ${value}, ${k} < ${K}u)`
    return `select(vec4<f32>(0.0), ${value}, (vec4<u32>(${k}) + vec4<u32>(0u, 1u, 2u, 3u)) < vec4<u32>(${K}u))`
  }

  keep(): string {
    return this.#each((turn) => {
      const name = `${this.#side.name}${turn}`
      const vector = (r: number) =>
        this.#turned
          ? `vec4<f32>(${range(4)
              .map((i) => `${name}_${i}[${r}]`)
              .join(', ')})`
          : `${name}_${r}`
      return range(4)
        .map(
          (r) =>
            `${this.#side.name}_panel[of${this.#side.name.toUpperCase()} + (d + ${r}u) * ${this.step}u + q] = ${vector(r)};`,
        )
        .join('\n')
    })
  }

  /** Lines for each block that an invocation brings: `d` is its first summed place in the panel, `q` its vector there. */
  #each(lines: (turn: number) => string): string {
    return this.#turns
      .map((turn) => {
        const all = (turn + 1) * this.#threads <= this.#blocks
        const where = this.#turned
          ? `let d = x % ${this.#down}u * 4u; let q = x / ${this.#down}u;`
          : `let q = x % ${this.#side.size / 4}u; let d = x / ${this.#side.size / 4}u * 4u;`
        const text = `${where}
let f = ${this.#side.first} + q * 4u;
let k = k0 + d;
${lines(turn)}`
        const guard = all ? '' : `if (x < ${this.#blocks}u) `
        return `{ let x = u + ${turn * this.#threads}u;\n${guard}{ ${text} } }`
      })
      .join('\n')
  }
}

function range(n: number): readonly number[] {
  return Array.from({ length: n }, (_, i) => i)
}
