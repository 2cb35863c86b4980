/** Every step of every kind of model, checked on its way: shape, dtype, and elements against the plain reference. */
import { expect, test } from 'vitest'
import { using } from '../../src/steps/machine.ts'
import { inputOf } from '../program/inputs.ts'
import { cases } from '../program/models.ts'
import { CheckingMachine } from './checking.ts'

test.each(Object.entries(cases))(
  'each step of %s gives what its plain reference gives',
  (_, [make, shape]) => {
    const model = make()
    const x = inputOf(shape)
    const machine = new CheckingMachine()
    const checked = using(machine, () => model.forward(x))
    expect(checked.data).toEqual(model.forward(x).data)
    expect([...machine.performed.values()].reduce((sum, n) => sum + n)).toBeGreaterThan(0)
  },
)

test('together the models take every step that layers take', () => {
  const machine = new CheckingMachine()
  for (const [make, shape] of Object.values(cases)) using(machine, () => make().forward(inputOf(shape)))
  expect([...machine.performed.keys()].sort()).toEqual(
    'attend contract fold map norm pack place rearrange slice softmax window zip'.split(' '),
  )
})
