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
  /** Of an invocation, each with four columns. */
  readonly rowsEach: number
  /** Into how many the sums are split, each of which has a team of invocations; added up at the end. */
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
  return 16 * vectorsOf(tile)
}

/** Both operands' panels of all teams, and afterwards at least a vector of sums for each invocation. */
function vectorsOf(tile: Tile): number {
  const { rows, columns, split } = tile
  return Math.max(split * (rows + columns) * stepOf(tile), split > 1 ? invocationsOf(tile) : 0)
}

/** Vectors from one row of a panel to the next where rows run along the summed places; one more than it has, so that rows begin in different banks. */
const stepOf = ({ depth }: Tile): number => depth / 4 + 1

/** How many invocations compute a tile. */
export function invocationsOf({ rows, columns, rowsEach, split }: Tile): number {
  return (rows / rowsEach) * (columns / 4) * split
}

export function productCode(problem: ProductProblem, tile: Tile): KernelCode {
  const { batch, m, n, k, output, finishes } = problem
  const shader = new Shader(problem.lengths)
  const threads = invocationsOf(tile)
  const { rows, columns, depth, rowsEach, split } = tile
  const [team, vectors] = [threads / split, vectorsOf(tile)]
  const [M, N, K, B] = [m, n, k, batch].map((group) => shader.count(group)) as [
    number,
    number,
    number,
    number,
  ]
  const [tilesM, tilesN] = [Math.ceil(M / rows), Math.ceil(N / columns)]
  const panel = (name: 'a' | 'b', kept: Group, size: number, first: string) =>
    new Panel(shader, { name, operand: problem[name], groups: [batch, kept, k], size, first }, tile)
  const [first, second] = [panel('a', m, rows, 'm0'), panel('b', n, columns, 'n0')]
  const panels = [first, second]
  shader.putter(output, [batch, m, n], finishes, 4)
  shader.part('panels', `var<workgroup> panels: array<vec4<f32>, ${vectors}>;`)
  const [threadsDown, threadsAcross] = [rows / rowsEach, columns / 4]
  const each = range(rowsEach)
  /** Which four rows of the tile a row is one of. */
  const fourOf = (row: number) => `(ty + ${Math.floor(row / 4) * threadsDown}u)`
  const multiply = [
    ...range(rowsEach / 4).map((four) => first.fetch(four, fourOf(4 * four))),
    second.fetch(0, 'tx'),
    ...range(4).flatMap((p) => [
      `let z${p} = vec4<f32>(${range(4).map((j) => second.element(j, p))});`,
      ...each.map((i) => `c${i} = fma(vec4<f32>(${first.element(i, p)}), z${p}, c${i});`),
    ]),
  ]
  const put = (i: number, value: string) => {
    const [row, column] = [`m0 + ${fourOf(i)} * 4u + ${i % 4}u`, 'n0 + tx * 4u']
    const inside = [
      ...(M % rows === 0 ? [] : [`${row} < ${M}u`]),
      ...(N % columns === 0 ? [] : [`${column} < ${N}u`]),
    ]
    const guard = inside.length === 0 ? '' : `if (${inside.join(' && ')}) `
    return `${guard}{ put(batch, ${row}, ${column}, ${value}); }`
  }
  // teams lay as many of their sums side by side as the panels leave room for
  const atOnce = Math.floor(vectors / threads)
  const joined = range(Math.ceil(rowsEach / atOnce)).map((round) => {
    const own = each.slice(round * atOnce, (round + 1) * atOnce)
    const write = own.map((i, at) => `panels[t + ${at * threads}u] = c${i};`)
    const read = own.map((i, at) => {
      const all = range(split).map((part) => `panels[u + ${at * threads + part * team}u]`)
      return `if (part == ${at % split}u) { ${put(i, all.join(' + '))} }`
    })
    return `${write.join('\n')}\nworkgroupBarrier();\n${read.join('\n')}`
  })
  const store =
    split === 1 ? each.map((i) => put(i, `c${i}`)).join('\n') : joined.join('\nworkgroupBarrier();\n')
  const turns = Math.ceil(K / (depth * split))
  const body = `let n0 = g % ${tilesN}u * ${columns}u;
let m0 = g / ${tilesN}u % ${tilesM}u * ${rows}u;
let batch = g / ${tilesM * tilesN}u;
let part = t / ${team}u;
let u = t % ${team}u;
let tx = u % ${threadsAcross}u;
let ty = u / ${threadsAcross}u;
let ofA = part * ${(rows + columns) * stepOf(tile)}u;
let ofB = ofA + ${rows * stepOf(tile)}u;
${each.map((i) => `var c${i} = vec4<f32>(0.0);`).join('\n')}
for (var turn = 0u; turn <= ${turns}u; turn++) {
${panels.map((panel) => panel.declare()).join('\n')}
let k0 = (turn * ${split}u + part) * ${depth}u;
if (turn < ${turns}u) {
${panels.map((panel) => panel.load(K)).join('\n')}
}
if (turn > 0u) {
for (var p = 0u; p < ${depth / 4}u; p++) {
${multiply.join('\n')}
}
}
workgroupBarrier();
if (turn < ${turns}u) {
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

/**
 * One operand's part of a turn, in vectors: along the summed places where elements stand side by side along these, and then a row for each kept place, the first of every four
 * places before the second ones, so that invocations beside each other read rows beside each other; else along the kept places, and a row for each summed one.
 */
class Panel {
  readonly #side: Side
  readonly #tile: Tile
  readonly #alongKept: boolean
  readonly #read: string
  readonly #count: number

  constructor(shader: Shader, side: Side, tile: Tile) {
    const { operand, groups } = side
    this.#side = side
    this.#tile = tile
    this.#alongKept = !shader.isVector(operand, groups, 2) && shader.isVector(operand, groups, 1)
    this.#read = shader.reader(operand, groups, this.#alongKept ? 1 : 2)
    this.#count = shader.count(groups[1])
  }

  declare(): string {
    return this.#turns.map((turn) => `var ${this.#side.name}${turn}: vec4<f32>;`).join(' ')
  }

  load(K: number): string {
    const { depth, split } = this.#tile
    const last = this.#count - (this.#alongKept ? 4 : 1)
    const most = this.#alongKept ? K - 1 : K - 4
    const value = `${this.#read}(batch, min(f, ${last}u), ${K % 4 === 0 || this.#alongKept ? `min(k, ${most}u)` : 'k'})`
    const places = '(vec4<u32>(k) + vec4<u32>(0u, 1u, 2u, 3u))'
    const inside = K % 4 === 0 || this.#alongKept ? `k < ${K}u` : `${places} < vec4<u32>(${K}u)`
    // zeros where the sum has no more places
    const zeroed = K % (depth * split) === 0 ? value : `select(vec4<f32>(0.0), ${value}, ${inside})`
    return this.#each((turn) => `${this.#side.name}${turn} = ${zeroed};`)
  }

  keep(): string {
    const at = this.#alongKept ? 'x' : `r * ${stepOf(this.#tile)}u + p`
    return this.#each((turn) => `panels[${this.#start} + ${at}] = ${this.#side.name}${turn};`)
  }

  /** Four kept places times four summed ones, the fours `p`, in registers; `which` are the kept ones. */
  fetch(four: number, which: string): string {
    const fours = this.#side.size / 4
    const rows = range(4).map((i) => {
      const at = this.#alongKept
        ? `(p * 4u + ${i}u) * ${fours}u + ${which}`
        : `(${i * fours}u + ${which}) * ${stepOf(this.#tile)}u + p`
      return `let ${this.#side.name}${four}_${i} = panels[${this.#start} + ${at}];`
    })
    return rows.join('\n')
  }

  /** The element of a kept place, counted from the first that was fetched, at one of the four summed places. */
  element(kept: number, summed: number): string {
    const four = `${this.#side.name}${Math.floor(kept / 4)}`
    return this.#alongKept ? `${four}_${summed}[${kept % 4}]` : `${four}_${kept % 4}[${summed}]`
  }

  get #start(): string {
    return this.#side.name === 'a' ? 'ofA' : 'ofB'
  }

  /** Vectors that the team brings. */
  get #pieces(): number {
    return (this.#side.size * this.#tile.depth) / 4
  }

  get #team(): number {
    return invocationsOf(this.#tile) / this.#tile.split
  }

  get #turns(): readonly number[] {
    return range(Math.ceil(this.#pieces / this.#team))
  }

  /** A line for each vector that an invocation brings: `f` is its first kept place, `k` its first summed one. */
  #each(line: (turn: number) => string): string {
    const { size, first } = this.#side
    const [fours, vectors] = [size / 4, this.#tile.depth / 4]
    const where = this.#alongKept
      ? `let f = ${first} + x % ${fours}u * 4u; let k = k0 + x / ${fours}u;`
      : `let r = x / ${vectors}u; let p = x % ${vectors}u; let f = ${first} + r % ${fours}u * 4u + r / ${fours}u; let k = k0 + p * 4u;`
    return this.#turns
      .map((turn) => {
        const all = (turn + 1) * this.#team <= this.#pieces
        const guard = all ? '' : `if (x < ${this.#pieces}u) `
        return `{ let x = u + ${turn * this.#team}u;\n${guard}{ ${where}\n${line(turn)} } }`
      })
      .join('\n')
  }
}

function range(n: number): readonly number[] {
  return Array.from({ length: n }, (_, i) => i)
}
