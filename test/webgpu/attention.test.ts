/** Every tile of attention on the card, whatever the program's sizes would choose, against the definition in double precision. */
import { expect, test } from 'vitest'
import { attentionCode, tileFits, tiles } from '../../src/webgpu/attention-code.ts'
import { limitsOf } from '../../src/webgpu/device.ts'
import type { Operand } from '../../src/webgpu/shader.ts'
import { newDevice } from './card.ts'
import { describeCard } from './describe.ts'
import { ran } from './running.ts'

describeCard('attention on the card', async () => {
  const device = await newDevice()
  const [batch, n, m, d, e] = [2, 69, 75, 10, 20] as const
  const scale = 0.7
  const values = (tensor: number, size: number) =>
    Float32Array.from({ length: size }, (_, i) => Math.sin(tensor * 12.9898 + i * 78.233))
  const q = values(1, batch * n * d)
  const k = values(2, batch * m * d)
  const v = values(3, batch * m * e)
  const bias = values(4, n * m)

  const expected = new Float64Array(batch * n * e)
  for (let b = 0; b < batch; b++)
    for (let i = 0; i < n; i++) {
      const weights = Array.from({ length: m }, (_, j) => {
        let sum = 0
        for (let c = 0; c < d; c++) sum += q[(b * n + i) * d + c]! * k[(b * m + j) * d + c]!
        return Math.exp(sum * scale + bias[i * m + j]!)
      })
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      for (let c = 0; c < e; c++)
        expected[(b * n + i) * e + c] = weights.reduce(
          (sum, weight, j) => sum + (weight / total) * v[(b * m + j) * e + c]!,
          0,
        )
    }

  test.each(
    tiles
      .filter((tile) => tileFits(tile, { d, e }, limitsOf(device)))
      .map((tile) => [tile.queries, tile.keys, tile.split, tile] as const),
  )('%i queries, %i keys at a time, split in %i', async (_queries, _keys, _split, tile) => {
    /** Of the axes batch, n, m, d and e. */
    const own = (buffer: number, ...stride: number[]): Operand => ({ buffer, type: 'f32', stride, offset: 0 })
    const problem = {
      ...{ lengths: [batch, n, m, d, e], batch: [0], n: [1], m: [2], d: [3], e: [4], scale, finishes: [] },
      q: own(0, n * d, d, 0, 1, 0),
      k: own(1, m * d, 0, d, 1, 0),
      v: own(2, m * e, 0, e, 0, 1),
      added: own(3, 0, m, 1, 0, 0),
      output: own(4, n * e, e, 0, 0, 1),
    }
    const contents = new Map([q, k, v, bias, values(5, expected.length)].map((data, id) => [id, data]))
    const result = await ran(device, [attentionCode(problem, tile)], contents, 4)
    const worst = expected.reduce((most, x, i) => Math.max(most, Math.abs(x - result[i]!)), 0)
    expect(worst).toBeLessThan(1e-5)
  })
})
