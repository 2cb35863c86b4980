/**
 * Attention in one pass over the keys: a workgroup takes some queries, goes through keys and values block by block and keeps of the softmax only what it needs to go on, the
 * largest score so far and the sum of the exponentials, so that no score is ever in memory (Milakov and Gimelshein, "Online normalizer calculation for softmax",
 * arXiv:1805.02867; Dao et al., FlashAttention, arXiv:2205.14135).
 */
import { type Finish, float, type Group, type KernelCode, type Operand, Shader } from './shader.ts'

/** How many queries and keys a workgroup takes at a time, and how many of its invocations share a query. */
export interface AttentionTile {
  readonly queries: number
  readonly keys: number
  readonly across: number
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

/** From the largest on. */
const tiles: readonly AttentionTile[] = [
  { queries: 32, keys: 32, across: 8 },
  { queries: 16, keys: 32, across: 16 },
  { queries: 16, keys: 16, across: 16 },
  { queries: 4, keys: 32, across: 32 },
  { queries: 4, keys: 8, across: 8 },
]

const vectors = (n: number) => Math.ceil(n / 4)

function sharedBytes({ queries, keys, across }: AttentionTile, d: number, e: number): number {
  const widest = Math.max(vectors(d), vectors(e)) + 1
  return 16 * (queries * (vectors(d) + 1) + keys * widest + (keys * queries) / 4 + (across * queries) / 4)
}

/** The tile for heads of these sizes; null where shared memory has no room for any. */
export function attentionTile(
  { n, d, e }: { readonly n: number; readonly d: number; readonly e: number },
  bytes: number,
): AttentionTile | null {
  const fits = (tile: AttentionTile) =>
    sharedBytes(tile, d, e) <= bytes && vectors(e) <= 4 * tile.across && (n > 8 || tile.queries === 4)
  return tiles.find(fits) ?? null
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
  const { queries, keys, across } = tile
  const [down, keysEach] = [queries / 4, keys / across]
  const threads = down * across
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
  shader.part('q_block', `var<workgroup> q_block: array<vec4<f32>, ${queries * (dv + 1)}>;`)
  shader.part('kv_block', `var<workgroup> kv_block: array<vec4<f32>, ${keys * width}>;`)
  shader.part('p_block', `var<workgroup> p_block: array<vec4<f32>, ${keys * down}>;`)
  shader.part('shares', `var<workgroup> shares: array<vec4<f32>, ${across * down}>;`)
  const block = (name: string, rows: number, columns: number, step: number, value: string) =>
    `for (var x = t; x < ${rows * columns}u; x += ${threads}u) {
  let r = x / ${columns}u;
  let c = x % ${columns}u;
  ${name}[r * ${step}u + c] = ${value};
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
      multiply: `{ let y = kv_block[(tx + ${j * across}u) * ${width}u + c]; s${j} += vec4<f32>(${sum.join(', ')}); }`,
      scale: `s${j} = s${j} * ${float(scale)}${more};${
        M % keys === 0 ? '' : `\nif (${key} >= ${M}u) { s${j} = vec4<f32>(LEAST); }`
      }`,
      weigh: `{ ${M % keys === 0 ? '' : `if (${key} < ${M}u) `}{ s${j} = exp(s${j} - next); }${
        M % keys === 0 ? '' : ` else { s${j} = vec4<f32>(0.0); }`
      } total += s${j}; p_block[(tx + ${j * across}u) * ${down}u + ty] = s${j}; }`,
    }
  })
  const outputs = range(4).flatMap((i) => each.map((j) => `o${i}_${j}`))
  const body = `let batch = g / ${Math.ceil(N / queries)}u;
let tx = t % ${across}u;
let ty = t / ${across}u;
let query0 = g % ${Math.ceil(N / queries)}u * ${queries}u;
let query = query0 + ty * 4u;
${block('q_block', queries, dv, dv + 1, zeroed(`${readQ}(batch, min(query0 + r, ${N - 1}u), c * 4u)`))}
var largest = vec4<f32>(LEAST);
var total = vec4<f32>(0.0);
${outputs.map((name) => `var ${name} = vec4<f32>(0.0);`).join('\n')}
for (var first = 0u; first < ${M}u; first += ${keys}u) {
workgroupBarrier();
${block('kv_block', keys, dv, width, zeroed(`${readK}(batch, min(first + r, ${M - 1}u), c * 4u)`))}
workgroupBarrier();
${score.map(({ declare }) => declare).join('\n')}
for (var c = 0u; c < ${dv}u; c++) {
${range(4)
  .map((i) => `let x${i} = q_block[(ty * 4u + ${i}u) * ${dv + 1}u + c];`)
  .join('\n')}
${score.map(({ multiply }) => multiply).join('\n')}
}
${score.map(({ scale }) => scale).join('\n')}
shares[tx * ${down}u + ty] = ${range(keysEach).reduce((most, j) => (most === '' ? `s${j}` : `max(${most}, s${j})`), '')};
workgroupBarrier();
var next = largest;
for (var x = 0u; x < ${across}u; x++) { next = max(next, shares[x * ${down}u + ty]); }
let shrink = exp(largest - next);
largest = next;
total *= shrink;
${score.map(({ weigh }) => weigh).join('\n')}
${block('kv_block', keys, ev, width, `${readV}(batch, min(first + r, ${M - 1}u), c * 4u)`)}
workgroupBarrier();
${range(4)
  .flatMap((i) => each.map((j) => `o${i}_${j} *= shrink[${i}];`))
  .join('\n')}
for (var x = 0u; x < ${keys}u; x++) {
let p = p_block[x * ${down}u + ty];
${each
  .map((j) => {
    const column = ev % across === 0 ? `tx + ${j * across}u` : `min(tx + ${j * across}u, ${ev - 1}u)`
    const add = range(4).map((i) => `o${i}_${j} = fma(vec4<f32>(p[${i}]), v, o${i}_${j});`)
    return `{ let v = kv_block[x * ${width}u + ${column}];\n${add.join('\n')} }`
  })
  .join('\n')}
}
}
workgroupBarrier();
shares[tx * ${down}u + ty] = total;
workgroupBarrier();
var all = vec4<f32>(0.0);
for (var x = 0u; x < ${across}u; x++) { all += shares[x * ${down}u + ty]; }
let factor = vec4<f32>(1.0) / all;
${range(4)
  .flatMap((i) =>
    each.map((j) => {
      const column = `tx + ${j * across}u`
      return `if (query + ${i}u < ${N}u && ${column} < ${ev}u) { put(batch, query + ${i}u, (${column}) * 4u, o${i}_${j} * factor[${i}]); }`
    }),
  )
  .join('\n')}`
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
