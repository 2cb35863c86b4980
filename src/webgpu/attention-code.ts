/**
 * Attention in one pass over the keys: a workgroup takes some queries, goes through keys and values block by block and keeps of the softmax only what it needs to go on, the
 * largest score so far and the sum of the exponentials, so that no score is ever in memory (Milakov and Gimelshein, "Online normalizer calculation for softmax",
 * arXiv:1805.02867; Dao et al., FlashAttention, arXiv:2205.14135).
 */
import type { Limits } from './lowering.ts'
import { type Finish, float, type Group, type KernelCode, type Operand, Shader } from './shader.ts'
import { busy, thrifty } from './tile.ts'

/** How many queries a workgroup takes, and how many keys at a time, and how many of its invocations share a query. */
export interface AttentionTile {
  readonly queries: number
  readonly keys: number
  readonly across: number
  /** Among how many teams of invocations the blocks of keys are dealt out, whose results are joined at the end. */
  readonly split: number
}

/** q [batch, n, d], k [batch, m, d], v [batch, m, e], added [batch, n, m] → [batch, n, e] */
export interface AttentionProblem {
  readonly lengths: readonly number[]
  readonly batch: Group
  readonly n: Group
  readonly m: Group
  readonly d: Group
  readonly e: Group
  readonly q: Operand
  readonly k: Operand
  readonly v: Operand
  readonly added: Operand | null
  readonly scale: number
  readonly output: Operand
  readonly finishes: readonly Finish[]
}

/** From the largest on; those of four queries are for few of them, and for devices that have no more than they must. */
export const tiles: readonly AttentionTile[] = [
  { queries: 64, keys: 32, across: 16, split: 1 },
  { queries: 32, keys: 32, across: 16, split: 2 },
  { queries: 32, keys: 16, across: 8, split: 2 },
  { queries: 16, keys: 16, across: 16, split: 4 },
  { queries: 16, keys: 16, across: 16, split: 1 },
  { queries: 4, keys: 32, across: 32, split: 2 },
  { queries: 4, keys: 8, across: 8, split: 1 },
]

const vectors = (n: number) => Math.ceil(n / 4)

/** Vectors of shared memory: of the queries, and of each team for keys or values, weights, and what is told across. */
function sharedVectors({ queries, keys, across }: AttentionTile, d: number, e: number) {
  const down = queries / 4
  return {
    q: queries * (vectors(d) + 1),
    kv: Math.max(keys * (Math.max(vectors(d), vectors(e)) + 1), down * across),
    p: keys * down,
    shares: across * down,
  }
}

function sharedBytes(tile: AttentionTile, d: number, e: number): number {
  const { q, kv, p, shares } = sharedVectors(tile, d, e)
  return 16 * (q + tile.split * (kv + p + shares))
}

/** The tile for so many heads of these sizes; null where shared memory has no room for any. */
export function attentionTile(
  sizes: { readonly batch: number; readonly n: number; readonly d: number; readonly e: number },
  limits: Pick<Limits, 'shared' | 'invocations'>,
): AttentionTile | null {
  const { batch, n } = sizes
  const fitting = tiles.filter((tile) => tileFits(tile, sizes, limits))
  const own = fitting.filter(({ queries }) => queries > 4 === n > 8)
  const groups = ({ queries }: AttentionTile) => Math.ceil(n / queries)
  const possible = thrifty(own.length > 0 ? own : fitting, (tile) => (groups(tile) * tile.queries) / n)
  return busy(possible, (tile) => batch * groups(tile), 64)
}

/** Whether a device has room for a tile. */
export function tileFits(
  tile: AttentionTile,
  { d, e }: { readonly d: number; readonly e: number },
  { shared, invocations }: Pick<Limits, 'shared' | 'invocations'>,
): boolean {
  const { queries, across, split } = tile
  return (
    sharedBytes(tile, d, e) <= shared &&
    (queries / 4) * across * split <= invocations &&
    vectors(e) <= 4 * across
  )
}

export function attentionCode(problem: AttentionProblem, tile: AttentionTile): KernelCode {
  const { batch, n, m, d, e, scale, output, finishes } = problem
  const shader = new Shader(problem.lengths)
  const [B, N, M, D, E] = [batch, n, m, d, e].map((group) => shader.count(group)) as [
    number,
    number,
    number,
    number,
    number,
  ]
  const { queries, keys, across, split } = tile
  const [down, keysEach] = [queries / 4, keys / across]
  const team = down * across
  const threads = team * split
  const shared = sharedVectors(tile, D, E)
  const whole = M % (keys * split) === 0
  const [dv, ev] = [vectors(D), vectors(E)]
  const width = Math.max(dv, ev) + 1
  const each = range(Math.ceil(ev / across))
  const [readQ, readK, readV] = (
    [
      [problem.q, n, d],
      [problem.k, m, d],
      [problem.v, m, e],
    ] as const
  ).map(([operand, rows, columns]) => shader.reader(operand, [batch, rows, columns], 2))
  const added = problem.added && shader.reader(problem.added, [batch, n, m])
  shader.putter(output, [batch, n, e], finishes, 4)
  shader.part('q_block', `var<workgroup> q_block: array<vec4<f32>, ${shared.q}>;`)
  shader.part('kv_block', `var<workgroup> kv_block: array<vec4<f32>, ${split * shared.kv}>;`)
  shader.part('p_block', `var<workgroup> p_block: array<vec4<f32>, ${split * shared.p}>;`)
  shader.part('shares', `var<workgroup> shares: array<vec4<f32>, ${split * shared.shares}>;`)
  const block = (name: string, by: number, rows: number, columns: number, step: number, value: string) =>
    `for (var x = ${by === team ? 'u' : 't'}; x < ${rows * columns}u; x += ${by}u) {
  let r = x / ${columns}u;
  let c = x % ${columns}u;
  ${name}${name === 'kv_block' ? '[ofKv + ' : '['}r * ${step}u + c] = ${value};
}`
  const zeroed = (value: string) =>
    D % 4 === 0
      ? value
      : `select(vec4<f32>(0.0), ${value}, (vec4<u32>(c * 4u) + vec4<u32>(0u, 1u, 2u, 3u)) < vec4<u32>(${D}u))`
  const score = range(keysEach).map((j) => {
    const key = `key${j}`
    const sum = range(4).map((i) => `dot(x${i}, y)`)
    const more = added
      ? ` + vec4<f32>(${range(4)
          .map((i) => `${added}(batch, min(query + ${i}u, ${N - 1}u), min(${key}, ${M - 1}u))`)
          .join(', ')})`
      : ''
    return {
      declare: `var s${j} = vec4<f32>(0.0);\nlet ${key} = first + tx + ${j * across}u;`,
      multiply: `{ let y = kv_block[ofKv + (tx + ${j * across}u) * ${width}u + c]; s${j} += vec4<f32>(${sum.join(', ')}); }`,
      scale: `s${j} = s${j} * ${float(scale)}${more};${
        whole ? '' : `\nif (${key} >= ${M}u) { s${j} = vec4<f32>(LEAST); }`
      }`,
      weigh: `{ ${whole ? '' : `if (${key} < ${M}u) `}{ s${j} = exp(s${j} - next); }${
        whole ? '' : ` else { s${j} = vec4<f32>(0.0); }`
      } total += s${j}; p_block[ofP + (tx + ${j * across}u) * ${down}u + ty] = s${j}; }`,
    }
  })
  const outputs = range(4).flatMap((i) => each.map((j) => `o${i}_${j}`))
  const parts = range(split).map((part) => `shares[${part * down}u + ty]`)
  // teams that saw other keys agree on the largest score, and what each has is worth as much less
  const joined =
    split === 1
      ? 'let factor = vec4<f32>(1.0) / all;'
      : `workgroupBarrier();
if (tx == 0u) { shares[part * ${down}u + ty] = largest; }
workgroupBarrier();
let top = ${parts.reduce((most, part) => `max(${most}, ${part})`)};
let share = exp(largest - top);
workgroupBarrier();
if (tx == 0u) { shares[part * ${down}u + ty] = all * share; }
workgroupBarrier();
let factor = share / (${parts.join(' + ')});`
  const results = range(4).flatMap((i) => each.map((j) => [i, j] as const))
  const store = results.map(([i, j], turn) => {
    const column = `tx + ${j * across}u`
    const put = (value: string) =>
      `if (query + ${i}u < ${N}u && ${column} < ${ev}u) { put(batch, query + ${i}u, (${column}) * 4u, ${value}); }`
    if (split === 1) return put(`o${i}_${j} * factor[${i}]`)
    const sum = range(split).map((part) => `kv_block[u + ${part * team}u]`)
    return `workgroupBarrier();
kv_block[t] = o${i}_${j} * factor[${i}];
workgroupBarrier();
if (part == ${turn % split}u) { ${put(sum.join(' + '))} }`
  })
  const body = `let batch = g / ${Math.ceil(N / queries)}u;
let part = t / ${team}u;
let u = t % ${team}u;
let tx = u % ${across}u;
let ty = u / ${across}u;
let ofKv = part * ${shared.kv}u;
let ofP = part * ${shared.p}u;
let own = part * ${shared.shares}u + ty;
let query0 = g % ${Math.ceil(N / queries)}u * ${queries}u;
let query = query0 + ty * 4u;
${block('q_block', threads, queries, dv, dv + 1, zeroed(`${readQ}(batch, min(query0 + r, ${N - 1}u), c * 4u)`))}
var largest = vec4<f32>(LEAST);
var total = vec4<f32>(0.0);
${outputs.map((name) => `var ${name} = vec4<f32>(0.0);`).join('\n')}
for (var turn = 0u; turn < ${Math.ceil(M / (keys * split))}u; turn++) {
let first = (turn * ${split}u + part) * ${keys}u;
workgroupBarrier();
${block('kv_block', team, keys, dv, width, zeroed(`${readK}(batch, min(first + r, ${M - 1}u), c * 4u)`))}
workgroupBarrier();
${score.map(({ declare }) => declare).join('\n')}
for (var c = 0u; c < ${dv}u; c++) {
${range(4)
  .map((i) => `let x${i} = q_block[(ty * 4u + ${i}u) * ${dv + 1}u + c];`)
  .join('\n')}
${score.map(({ multiply }) => multiply).join('\n')}
}
${score.map(({ scale }) => scale).join('\n')}
shares[own + tx * ${down}u] = ${range(keysEach).reduce((most, j) => (most === '' ? `s${j}` : `max(${most}, s${j})`), '')};
workgroupBarrier();
var next = largest;
for (var x = 0u; x < ${across}u; x++) { next = max(next, shares[own + x * ${down}u]); }
let shrink = exp(largest - next);
largest = next;
total *= shrink;
${score.map(({ weigh }) => weigh).join('\n')}
${block('kv_block', team, keys, ev, width, `${readV}(batch, min(first + r, ${M - 1}u), c * 4u)`)}
workgroupBarrier();
${range(4)
  .flatMap((i) => each.map((j) => `o${i}_${j} *= shrink[${i}];`))
  .join('\n')}
for (var x = 0u; x < ${keys}u; x++) {
let p = p_block[ofP + x * ${down}u + ty];
${each
  .map((j) => {
    const column = ev % across === 0 ? `tx + ${j * across}u` : `min(tx + ${j * across}u, ${ev - 1}u)`
    const add = range(4).map((i) => `o${i}_${j} = fma(vec4<f32>(p[${i}]), v, o${i}_${j});`)
    return `{ let v = kv_block[ofKv + x * ${width}u + ${column}];\n${add.join('\n')} }`
  })
  .join('\n')}
}
}
workgroupBarrier();
shares[own + tx * ${down}u] = total;
workgroupBarrier();
var all = vec4<f32>(0.0);
for (var x = 0u; x < ${across}u; x++) { all += shares[own + x * ${down}u]; }
${joined}
${store.join('\n')}`
  return shader.finish(
    'attention',
    threads,
    B * Math.ceil(N / queries),
    body.replaceAll('LEAST', '-3.4028234663852886e38f'),
  )
}

function range(n: number): readonly number[] {
  return Array.from({ length: n }, (_, i) => i)
}
