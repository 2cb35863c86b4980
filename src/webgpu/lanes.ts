/**
 * Kernels that go along rows: what belongs to one row is shared among the invocations of a workgroup, its lanes, each of which takes every so-manieth element. Short rows have
 * one lane, and a workgroup many of them.
 */
import { float, type Group, type KernelCode, type Shader } from './shader.ts'

/** How two partial results become one. */
export type Joining = 'add' | 'max' | 'min' | 'multiply'

const joinings: Readonly<Record<Joining, (a: string, b: string) => string>> = {
  add: (a, b) => `${a} + ${b}`,
  multiply: (a, b) => `${a} * ${b}`,
  max: (a, b) => `max(${a}, ${b})`,
  min: (a, b) => `min(${a}, ${b})`,
}

/** What a partial result begins with; below and above all finite numbers, but finite. */
const neutral: Readonly<Record<Joining, number>> = {
  ...{ add: 0, multiply: 1, max: -3.4028234663852886e38, min: 3.4028234663852886e38 },
}

const invocations = 64
const mostLanes = 256

export class Lanes {
  readonly #shader: Shader
  readonly #rows: Group
  readonly #along: Group
  readonly #lanes: number
  readonly #width: 1 | 4
  readonly #lines: string[] = []

  /** @param width 4 where readers give four elements at a time */
  constructor(shader: Shader, rows: Group, along: Group, width: 1 | 4) {
    this.#shader = shader
    this.#rows = rows
    this.#along = along
    this.#width = width
    const steps = shader.count(along) / width
    this.#lanes = steps <= 8 ? 1 : Math.min(mostLanes, 2 ** Math.ceil(Math.log2(steps / 2)))
  }

  get #type(): string {
    return this.#width === 4 ? 'vec4<f32>' : 'f32'
  }

  /** Adds lines that every lane runs. */
  line(text: string): this {
    this.#lines.push(text)
    return this
  }

  /** Runs lines for each element, or four of them, of the row: `i` says which. */
  each(text: string): this {
    const length = this.#shader.count(this.#along)
    const from = this.#width === 1 ? 'lane' : `lane * ${this.#width}u`
    return this.line(
      `for (var i = ${from}; i < ${length}u; i += ${this.#lanes * this.#width}u) {\n  ${text}\n}`,
    )
  }

  /** Names what an expression of `i` comes to over the whole row. */
  joined(name: string, joining: Joining, expression: string, before = ''): this {
    const join = joinings[joining]
    const start = float(neutral[joining])
    this.line(`var ${name}_part = ${this.#type}(${start});`)
    this.each(`${before}${name}_part = ${join(`${name}_part`, expression)};`)
    const part = (i: number) => `${name}_part[${i}]`
    const own = this.#width === 1 ? `${name}_part` : join(join(part(0), part(1)), join(part(2), part(3)))
    if (this.#lanes === 1) return this.line(`let ${name} = ${own};`)
    const perGroup = Math.max(invocations, this.#lanes)
    this.#shader.part('shares', `var<workgroup> shares: array<f32, ${perGroup}>;`)
    this.#shader.part(
      `across_${joining}`,
      `fn across_${joining}(x: f32, t: u32) -> f32 {
  shares[t] = x;
  workgroupBarrier();
  for (var s = ${this.#lanes / 2}u; s > 0u; s /= 2u) {
    if (t % ${this.#lanes}u < s) { shares[t] = ${join('shares[t]', 'shares[t + s]')}; }
    workgroupBarrier();
  }
  let all = shares[t - t % ${this.#lanes}u];
  workgroupBarrier();
  return all;
}`,
    )
    return this.line(`let ${name} = across_${joining}(${own}, t);`)
  }

  /** Runs lines for each element of the row of which something is stored. */
  stored(text: string): this {
    return this.line('if (isRow) {').each(text).line('}')
  }

  /** Runs lines once for the row. */
  once(text: string): this {
    return this.line(`if (isRow && lane == 0u) { ${text} }`)
  }

  finish(label: string): KernelCode {
    const rows = this.#shader.count(this.#rows)
    const size = Math.max(invocations, this.#lanes)
    const perGroup = size / this.#lanes
    const body = `let lane = t % ${this.#lanes}u;
let at = g * ${perGroup}u + t / ${this.#lanes}u;
let isRow = at < ${rows}u;
let row = min(at, ${rows - 1}u);
${this.#lines.join('\n')}`
    return this.#shader.finish(label, size, Math.ceil(rows / perGroup), body)
  }
}
