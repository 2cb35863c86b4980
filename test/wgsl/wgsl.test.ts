/** What programs on the graphics card are made of, as far as no card is needed: texts of kernels, which of them there are, and buffers. Test/webgpu runs them. */
import fc from 'fast-check'
import { EinopsError, reduce, trace as traceOfLanguage } from 'tesserae'
import { GELU, Linear, Sequential, trace } from 'tesserae/nn'
import { gpu } from 'tesserae/webgpu'
import { describe, expect, test } from 'vitest'
import { sizeOf } from '../../src/layout/layout.ts'
import { attentionTile, tiles as attentionTiles, tileFits } from '../../src/webgpu/attention-code.ts'
import { lowered } from '../../src/webgpu/compiled.ts'
import { fused } from '../../src/webgpu/fuse.ts'
import { invocationsOf, sharedBytes } from '../../src/webgpu/product.ts'
import { type Operand, Shader } from '../../src/webgpu/shader.ts'
import { storageFor } from '../../src/webgpu/storage.ts'
import { tileFor } from '../../src/webgpu/tile.ts'
import { anyLayout, indices } from '../layouts.ts'
import { cases, differential } from '../program/models.ts'

/** An expression of WGSL's unsigned numbers, computed. */
function computed(expression: string, values: Readonly<Record<string, number>>): number {
  let rest = expression
  const take = (pattern: RegExp) => {
    const found = pattern.exec(rest)
    if (found !== null) rest = rest.slice(found[0].length)
    return found?.[0].trim()
  }
  const factor = (): number => {
    if (take(/^\(/)) {
      const inner = sum()
      take(/^\)/)
      return inner
    }
    const name = take(/^[a-z]\w*/)
    return name === undefined ? Number.parseInt(take(/^\d+u/)!, 10) : values[name]!
  }
  const product = (): number => {
    let value = factor()
    for (let sign = take(/^ [*/%] /); sign !== undefined; sign = take(/^ [*/%] /)) {
      const other = factor()
      if (sign === '*') value = Math.imul(value, other) >>> 0
      else value = sign === '/' ? Math.floor(value / other) : value % other
    }
    return value
  }
  const sum = (): number => {
    let value = product()
    while (take(/^ \+ /) !== undefined) value = (value + product()) >>> 0
    return value
  }
  return sum()
}

/** What every WebGPU has, at least. */
const least = {
  ...{
    maxComputeWorkgroupStorageSize: 16384,
    maxComputeInvocationsPerWorkgroup: 256,
    maxComputeWorkgroupSizeX: 256,
  },
  ...{ maxStorageBufferBindingSize: 128 << 20, maxBufferSize: 256 << 20 },
}

describe('the writer of shaders', () => {
  test('finds every element of every layout, by one index for each group of axes', () => {
    fc.assert(
      fc.property(anyLayout(), fc.nat(5), (layout, cut) => {
        const { shape, stride, offset } = layout
        const shader = new Shader(shape)
        const axes = shape.map((_, axis) => axis)
        const groups = [axes.slice(0, cut), axes.slice(cut)]
        const operand: Operand = { buffer: 0, type: 'f32', stride, offset }
        const text = shader.offset(operand, groups, ['i0', 'i1'])
        for (const index of indices(shape)) {
          const count = (group: readonly number[]) =>
            group.reduce((sum, axis) => sum * shape[axis]! + index[axis]!, 0)
          const at = index.reduce((sum, i, axis) => sum + i * stride[axis]!, offset)
          expect(computed(text, { i0: count(groups[0]!), i1: count(groups[1]!) })).toBe(at)
        }
      }),
      { numRuns: 200 },
    )
  })

  test('reads four elements at once only where they stand side by side and begin where a vector does', () => {
    fc.assert(
      fc.property(anyLayout(), (layout) => {
        const { shape, stride, offset } = layout
        if (sizeOf(shape) === 0) return
        const shader = new Shader(shape)
        const all = shape.map((_, axis) => axis)
        if (!shader.isVector({ buffer: 0, type: 'f32', stride, offset }, [all], 0)) return
        const places = [...indices(shape)].map((index) =>
          index.reduce((sum, i, axis) => sum + i * stride[axis]!, offset),
        )
        for (let i = 0; i < places.length; i += 4) {
          expect(places[i]! % 4).toBe(0)
          expect(places.slice(i, i + 4)).toEqual([0, 1, 2, 3].map((j) => places[i]! + j))
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('programs for the card', () => {
  test.each(Object.entries({ ...cases, 'differential attention': differential }))(
    '%s: kernels that every WebGPU takes, with buffers for all that they bind',
    (_, [make, shape]) => {
      const program = trace(make(), shape)
      for (const half of [false, true]) {
        const { kernels, bytesOf, parts } = lowered(program, { limits: least }, half)
        expect(kernels.length).toBeLessThanOrEqual(program.steps.length + 1)
        for (const { buffers, workgroups, code } of kernels) {
          expect(new Set(buffers).size).toBeGreaterThan(0)
          expect(buffers.length).toBeLessThanOrEqual(8)
          expect(Math.max(...workgroups)).toBeLessThanOrEqual(65535)
          expect(code).not.toMatch(/enable|f16>/)
          for (const id of buffers) {
            expect([bytesOf.fixed, bytesOf.between, parts].filter((known) => known.has(id))).toHaveLength(1)
          }
        }
      }
    },
  )

  test('what follows a product is done before it is stored, unless somebody else wants the product', () => {
    const layers = new Sequential(new Linear(8, 8), new GELU(), new Linear(8, 4))
    const program = trace(layers, [5, 8])
    expect(fused(program).map(({ rest }) => rest.map(({ step }) => step.kind))).toEqual([['map'], []])
    const { kernels } = lowered(program, { limits: least }, false)
    expect(kernels).toHaveLength(2)
    expect(kernels[0]!.code).toContain('fn gelu')
    const last = program.steps[0]!.output
    expect(fused({ steps: program.steps, output: last })[0]!.rest).toEqual([])
  })

  test('blocks that are alike share their kernels', () => {
    const [make, shape] = cases['a ViT']!
    const { kernels } = lowered(trace(make(), shape), { limits: least }, false)
    expect(new Set(kernels.map(({ code }) => code)).size).toBeLessThan(kernels.length / 1.5)
  })

  test('a reduction by a function is refused by name', () => {
    const program = traceOfLanguage((x) => reduce(x, 'a b -> a', (view) => view.pick(null, 0)), [[3, 4]])
    expect(() => lowered(program, { limits: least }, false)).toThrow(EinopsError)
    expect(() => lowered(program, { limits: least }, false)).toThrow(
      /cannot run on the graphics card — got a reduction by a function, reduce 'a b -> a'/,
    )
  })

  test('without WebGPU it is said what there is to do', async () => {
    const error = (await gpu(new Linear(2, 2)).catch((error) => error)) as EinopsError
    expect([error.code, error.operation]).toEqual(['gpu/no-webgpu', 'gpu'])
    expect(error.message).toMatch(/the package webgpu \(Dawn\) has: give its device/)
  })
})

test('tiles fit into what a device has, for products and heads of all sizes', () => {
  const size = fc.integer({ min: 1, max: 3000 })
  fc.assert(
    fc.property(
      size,
      size,
      size,
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(16384, 32768),
      (m, n, k, batch, shared) => {
        const limits = { shared, invocations: 256, binding: 1 << 27 }
        const tile = tileFor({ batch, m, n, k }, limits)
        expect(tile === null).toBe(m < 4 || n < 4 || k < 4 || batch * m * n * k < 4096)
        if (tile === null) return
        expect(sharedBytes(tile)).toBeLessThanOrEqual(shared)
        expect(invocationsOf(tile)).toBeLessThanOrEqual(256)
      },
    ),
  )
  for (const d of [1, 7, 32, 64, 128]) {
    for (const n of [1, 9, 197]) {
      const tile = attentionTile({ batch: 3, n, d, e: d }, { shared: 16384, invocations: 256 })
      expect(tile).not.toBeNull()
      expect(
        attentionTiles.filter((each) => tileFits(each, { d, e: d }, { shared: 16384, invocations: 256 })),
      ).toContain(tile)
    }
  }
})

test('results share buffers, but never two that are needed at once', () => {
  const kernel = fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(
      fc.array(kernel, { maxLength: 12 }),
      fc.array(fc.integer({ min: 16, max: 999 }), { minLength: 10, maxLength: 10 }),
      (all, sizes) => {
        const kernels = all.map((buffers) => ({ buffers }))
        const bytesOf = new Map(sizes.map((bytes, id) => [id, bytes]))
        const { bytes, slotOf } = storageFor(kernels, bytesOf)
        const life = (id: number) => {
          const uses = all.flatMap((buffers, i) => (buffers.includes(id) ? [i] : []))
          return [uses[0]!, uses.at(-1)!] as const
        }
        for (const [id, slot] of slotOf) {
          expect(bytes[slot]).toBeGreaterThanOrEqual(bytesOf.get(id)!)
          for (const [other, its] of slotOf) {
            if (other === id || its !== slot) continue
            const [[a, b], [c, d]] = [life(id), life(other)]
            expect(b < c || d < a).toBe(true)
          }
        }
      },
    ),
  )
  // a chain needs two
  const chain = Array.from({ length: 9 }, (_, i) => ({ buffers: [i, i + 1] }))
  const equal = new Map(Array.from({ length: 10 }, (_, i) => [i, 64]))
  expect(storageFor(chain, equal).bytes).toEqual([64, 64])
})
