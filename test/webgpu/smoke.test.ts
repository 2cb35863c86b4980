import { gpu } from 'tesserae/webgpu'
import { afterAll, describe, expect, test } from 'vitest'
import { inputOf } from '../program/inputs.ts'
import { cases, differential } from '../program/models.ts'
import { missing, newDevice } from './card.ts'

describe.skipIf(missing !== null)('models', async () => {
  const device = await newDevice()
  afterAll(() => device.destroy())
  test.each(Object.entries({ ...cases, differential }))('%s', async (_, [make, shape]) => {
    const model = make()
    const x = inputOf(shape)
    const expected = model.forward(x)
    const run = await gpu(model, { device })
    const y = await run.run(x)
    expect(y.shape).toEqual(expected.shape)
    const most = Math.max(...expected.data.map(Math.abs))
    const worst = Math.max(...y.data.map((v, i) => Math.abs(v - expected.data[i]!)))
    console.log(_, worst, most)
    expect(worst).toBeLessThanOrEqual(1e-4 * Math.max(1, most))
    expect(y.data.some(Number.isNaN)).toBe(false)
    run.dispose()
  })
})
