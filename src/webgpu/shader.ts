/**
 * Writing a compute shader. A kernel is a few lines of WGSL over indices; where an element stands is worked out here, from the strides of a layout, with all numbers written
 * into the text: shaders of one shape share their text, and so their pipeline.
 * An index counts the axes of a group, the last one fastest. Each reader takes as many indices as its operand has groups, and adds up `index / … % … · stride`.
 */
import { sizeOf } from '../layout/layout.ts'
import type { ZipName } from '../rows/zip.ts'
import { type Mapped, mappedBy } from './functions.ts'

/** What elements are kept as on the card; of `f16` two stand in a word, of `i8` four, and they are widened as they are read. */
export type Scalar = 'f32' | 'f16' | 'i32' | 'u32' | 'i8'

/** Elements that a kernel reads or writes: in which buffer, kept as what, and how far apart along each axis of the kernel. */
export interface Operand {
  /** The value that the buffer is of, by its id in the program. */
  readonly buffer: number
  readonly type: Scalar
  readonly stride: readonly number[]
  readonly offset: number
  /** The same elements standing the other way round, of what can be uploaded so. */
  readonly turned?: () => Operand | null
}

/** What is done to an element before it is stored. */
export type Finish =
  | { readonly kind: 'scale'; readonly by: number }
  | { readonly kind: 'map'; readonly fn: Mapped }
  | { readonly kind: 'zip'; readonly fn: ZipName; readonly operand: Operand }

const signs: Record<ZipName, string> = { add: '+', subtract: '-', multiply: '*', divide: '/' }

/** Axes of a kernel that one index counts. */
export type Group = readonly number[]

/** A kernel as the card takes it: its text, whose buffers it binds, and how many workgroups there are. */
export interface KernelCode {
  readonly label: string
  readonly code: string
  readonly buffers: readonly number[]
  readonly workgroups: readonly [number, number]
}

interface Binding {
  readonly buffer: number
  readonly type: string
  readonly writes: boolean
}

/** What one element, or four, are bound as where several stand in a word. */
const words: Readonly<Partial<Record<Scalar, Readonly<Record<1 | 4, string>>>>> = {
  f16: { 1: 'u32', 4: 'vec2<u32>' },
  i8: { 1: 'u32', 4: 'u32' },
}

/** Workgroups along one axis, in every WebGPU. */
const mostWorkgroups = 65535

/** An axis, or several that are one for an operand. */
interface Run {
  readonly length: number
  readonly stride: number
}

export class Shader {
  readonly lengths: readonly number[]
  readonly #bindings: Binding[] = []
  readonly #parts = new Map<string, string>()

  constructor(lengths: readonly number[]) {
    this.lengths = lengths
  }

  /** How many places an index of a group has. */
  count(group: Group): number {
    return sizeOf(group.map((axis) => this.lengths[axis]!))
  }

  /** A function, or anything else at the top of the text, written once. */
  part(name: string, text: string): void {
    this.#parts.set(name, text)
  }

  /** Whether four elements that follow each other along a group stand side by side, and begin where a vector does. */
  isVector({ stride, offset }: Operand, groups: readonly Group[], along: number): boolean {
    if (offset % 4 !== 0) return false
    return groups.every((group, i) => {
      const runs = runsOf(group, this.lengths, stride)
      const last = runs.at(-1)
      const isRun = i === along && last?.stride === 1 && last.length % 4 === 0
      if (i === along && !isRun) return false
      return runs.every((run) => run.stride % 4 === 0 || (isRun && run === last))
    })
  }

  /**
   * Writes a function of one index for each group, which gives the element there, in single precision where it is kept in half; with `along`, four of them from there
   * on along that group. Places behind its end give the last element.
   */
  reader(operand: Operand, groups: readonly Group[], along: number | null = null): string {
    const { stride, offset, type } = operand
    const value = wide(type)
    const runs = groups.map((group) => runsOf(group, this.lengths, stride))
    const names = groups.map((_, i) => `i${i}`)
    const at = sum([...names.map((name, i) => place(name, runs[i]!)), `${offset}u`])
    const parameters = names.map((name) => `${name}: u32`).join(', ')
    if (along === null) {
      return this.#function(
        `fn NAME(${parameters}) -> ${value} { let a = ${at}; return ${this.element(operand, 'a')}; }`,
      )
    }
    const vector = `vec4<${value}>`
    const begin = `fn NAME(${parameters}) -> ${vector} {`
    if (this.isVector(operand, groups, along)) {
      const four = `${this.#bind(operand, 4, false)}[(${at}) / 4u]`
      if (type === 'f16')
        return this.#function(
          `${begin} let w = ${four}; return ${vector}(unpack2x16float(w.x), unpack2x16float(w.y)); }`,
        )
      const own =
        type === 'i8'
          ? `vec4<i32>(vec4<u32>(${four}) << vec4<u32>(24u, 16u, 8u, 0u)) >> vec4<u32>(24u)`
          : four
      return this.#function(`${begin} return ${vector}(${own}); }`)
    }
    const last = runs[along]!.at(-1)
    if (runs[along]!.every((run) => run.stride === 0)) {
      const one = this.reader(operand, groups)
      return this.#function(`${begin} return ${vector}(${one}(${names.join(', ')})); }`)
    }
    if (last !== undefined && last.length % 4 === 0) {
      const each = [0, 1, 2, 3].map((j) => this.element(operand, `(a + ${unsigned(j * last.stride)})`))
      return this.#function(`${begin} let a = ${at}; return ${vector}(${each.join(', ')}); }`)
    }
    const one = this.reader(operand, groups)
    const most = this.count(groups[along]!) - 1
    const each = [0, 1, 2, 3].map((j) => {
      const there = names.map((name, i) => (i === along ? `min(${name} + ${j}u, ${most}u)` : name))
      return `${one}(${there.join(', ')})`
    })
    return this.#function(`${begin} return ${vector}(${each.join(', ')}); }`)
  }

  /**
   * Writes the function `put(indices…, v)`, which finishes an element and stores it; of `width` 4, four of them along the last group, of which those behind its end
   * are left out.
   */
  putter(output: Operand, groups: readonly Group[], finishes: readonly Finish[], width: 1 | 4): void {
    const along = width === 4 ? groups.length - 1 : null
    const names = groups.map((_, i) => `i${i}`)
    const value = wide(output.type)
    const type = width === 4 ? `vec4<${value}>` : value
    const lines = finishes.map((finish) => this.#finish(finish, groups, along, names))
    const runs = groups.map((group) => runsOf(group, this.lengths, output.stride))
    const at = (indices: readonly string[]) =>
      sum([...indices.map((name, i) => place(name, runs[i]!)), `${output.offset}u`])
    const kept = output.type === value ? 'v' : `${type.replace(value, output.type)}(v)`
    let store: string
    if (along === null) {
      store = `${this.#bind(output, 1, true)}[${at(names)}] = ${kept};`
    } else if (this.isVector(output, groups, along)) {
      store = `${this.#bind(output, 4, true)}[(${at(names)}) / 4u] = ${kept};`
    } else {
      const buffer = this.#bind(output, 1, true)
      const total = this.count(groups[along]!)
      store = [0, 1, 2, 3]
        .map((j) => {
          const one = `${buffer}[${at(names.with(along, `(${names[along]} + ${j}u)`))}] = ${kept}[${j}];`
          return total % 4 === 0 ? one : `if (${names[along]} + ${j}u < ${total}u) { ${one} }`
        })
        .join('\n  ')
    }
    const parameters = [...names.map((name) => `${name}: u32`), `value: ${type}`].join(', ')
    this.part('put', `fn put(${parameters}) {\n  var v = value;\n  ${[...lines, store].join('\n  ')}\n}`)
  }

  #finish(finish: Finish, groups: readonly Group[], along: number | null, names: readonly string[]): string {
    switch (finish.kind) {
      case 'scale':
        return `v = v * ${float(finish.by)};`
      case 'map': {
        const { name, text } = mappedBy(finish.fn, along === null ? 1 : 4)
        this.part(name, text)
        return `v = ${name}(v);`
      }
      case 'zip': {
        const read = this.reader(finish.operand, groups, along)
        return `v = v ${signs[finish.fn]} ${read}(${names.join(', ')});`
      }
    }
  }

  /** An element as another type, or as a function of single precision makes it. */
  converted(element: string, type: Scalar, by: Mapped | null): string {
    if (by === null) return `${type}(${element})`
    const { name, text } = mappedBy(by, 1)
    this.part(name, text)
    return `${name}(f32(${element}))`
  }

  /** Where the element at some indices stands in an operand, as an expression. */
  offset({ stride, offset }: Operand, groups: readonly Group[], indices: readonly string[]): string {
    return sum([
      ...indices.map((name, i) => place(name, runsOf(groups[i]!, this.lengths, stride))),
      `${offset}u`,
    ])
  }

  /** The element of an operand that stands somewhere, `at`, in single precision where it is kept in less. */
  element(operand: Operand, at: string): string {
    const buffer = this.#bind(operand, 1, false)
    if (operand.type === 'i8') return `f32(i32(${buffer}[${at} / 4u] << (24u - ${at} % 4u * 8u)) >> 24u)`
    if (operand.type === 'f16') return `unpack2x16float(${buffer}[${at} / 2u])[${at} % 2u]`
    return `${buffer}[${at}]`
  }

  /** The text. `body` sees `g`, the number of the workgroup, and `t`, that of the invocation in it. */
  finish(label: string, invocations: number, workgroups: number, body: string): KernelCode {
    const x = Math.min(workgroups, mostWorkgroups)
    const y = Math.ceil(workgroups / mostWorkgroups)
    const bindings = this.#bindings.map(
      ({ type, writes }, i) =>
        `@group(0) @binding(${i}) var<storage, ${writes ? 'read_write' : 'read'}> b${i}: array<${type}>;`,
    )
    const main = [
      `@compute @workgroup_size(${invocations})`,
      'fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) t: u32) {',
      y > 1 ? `let g = w.x + w.y * ${x}u;\nif (g >= ${workgroups}u) { return; }` : 'let g = w.x;',
      body.trim(),
      '}',
    ]
    const code = [...bindings, ...this.#parts.values(), ...main].join('\n')
    return { label, code, buffers: this.#bindings.map(({ buffer }) => buffer), workgroups: [x, y] }
  }

  #bind({ buffer, type }: Operand, width: 1 | 4, writes: boolean): string {
    const element = words[type]?.[width] ?? (width === 4 ? `vec4<${type}>` : type)
    const known = this.#bindings.findIndex(
      (binding) => binding.buffer === buffer && binding.type === element && binding.writes === writes,
    )
    return `b${known >= 0 ? known : this.#bindings.push({ buffer, type: element, writes }) - 1}`
  }

  #function(text: string): string {
    for (const [name, known] of this.#parts) if (known === text.replace('NAME', name)) return name
    const name = `read${this.#parts.size}`
    this.#parts.set(name, text.replace('NAME', name))
    return name
  }
}

/** What elements are computed with. */
export function wide(type: Scalar): Scalar {
  return type === 'f16' || type === 'i8' ? 'f32' : type
}

/** Bytes of an element. */
export const bytesOf = (type: Scalar): number => (type === 'i8' ? 1 : type === 'f16' ? 2 : 4)

/** A number as WGSL writes one. */
export function float(x: number): string {
  const value = Math.fround(x)
  const text = String(value)
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`
}

/** The axes of a group as an operand sees them, as few as possible, from the slowest to the fastest. */
function runsOf(group: Group, lengths: readonly number[], stride: readonly number[]): readonly Run[] {
  const runs: Run[] = []
  for (const axis of group) {
    const run = { length: lengths[axis]!, stride: stride[axis]! }
    if (run.length === 1) continue
    const before = runs.at(-1)
    if (before !== undefined && before.stride === run.stride * run.length) {
      runs[runs.length - 1] = { length: before.length * run.length, stride: run.stride }
    } else runs.push(run)
  }
  return runs
}

/** How far an index leads, as an expression of unsigned numbers, whose arithmetic is modulo 2³², so that strides may be negative. */
function place(index: string, runs: readonly Run[]): string {
  const terms: string[] = []
  let inner = 1
  for (let i = runs.length - 1; i >= 0; i--) {
    const { length, stride } = runs[i]!
    if (stride !== 0) {
      const outer = inner === 1 ? index : `${index} / ${inner}u`
      const own = i === 0 ? outer : `${outer} % ${length}u`
      terms.push(stride === 1 ? (own === index ? own : `(${own})`) : `(${own}) * ${unsigned(stride)}`)
    }
    inner *= length
  }
  return sum(terms)
}

function unsigned(n: number): string {
  return `${n >>> 0}u`
}

function sum(terms: readonly string[]): string {
  const kept = terms.filter((term) => term !== '' && term !== '0u')
  return kept.length === 0 ? '0u' : kept.join(' + ')
}
