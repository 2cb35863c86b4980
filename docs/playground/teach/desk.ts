/** The desk: the pad, whose drawing is an example or a question; the answer; the one button. */
import { type Shape, shapes } from '../model/teach/shapes.ts'
import { announce, byId, element } from '../page/element.ts'
import { onTheme } from '../page/theme.ts'
import { showBars } from '../vit/bars.ts'
import { Pad } from '../vit/pad.ts'
import type { School } from './school.ts'

export function mountDesk(school: School): void {
  const pad = new Pad({ what: 'an example or a question', patches: 7 }, (strokes) => {
    byId('pad-hint').hidden = strokes.length > 0
    school.draw(strokes)
  })
  byId('pad').prepend(pad.canvas)
  byId('clear').addEventListener('click', () => pad.clear())
  byId('undo').addEventListener('click', () => pad.undo())
  byId('learn').addEventListener('click', () => school.learn())
  byId('samples').append(
    ...(Object.keys(shapes) as Shape[]).map((shape) =>
      element(
        'button',
        {
          type: 'button',
          className: 'chip',
          on: { click: () => pad.write(shapes[shape](Math.random)) },
        },
        shape,
      ),
    ),
  )
  // with the pad under the hand, a digit says whose example it is
  pad.canvas.addEventListener('keydown', (event) => {
    if (/^[1-9]$/.test(event.key)) give(Number(event.key) - 1)
  })
  onTheme(() => pad.paint())
  school.subscribe(show)

  function give(kind: number): void {
    const { drawn, kinds } = school
    const to = kinds[kind]
    if (to === undefined) return
    if (drawn === null) {
      school.say('Draw something first.', true)
      return
    }
    school.add(kind, drawn)
    const count = school.kinds[kind]!.examples.length
    school.say(`${to.name} has ${count} example${count === 1 ? '' : 's'}`)
    announce(school.message)
    pad.clear()
  }

  function show(): void {
    const { kinds, learning, message, wrong, moment, taught } = school
    const given = byId('givens')
    const names = JSON.stringify(kinds.map(({ name }) => name))
    if (given.dataset['names'] !== names) {
      given.dataset['names'] = names
      given.querySelectorAll('button').forEach((button) => void button.remove())
      given.append(
        ...kinds.map(({ name }, kind) =>
          element(
            'button',
            {
              type: 'button',
              className: `button kind-${kind}`,
              attributes: { 'aria-label': `This is ${name}` },
              on: { click: () => give(kind) },
            },
            name,
          ),
        ),
      )
    }
    // what can be done next is what is coloured
    const ready = kinds.every(({ examples }) => examples.length > 0)
    byId('learn').className = `${ready ? 'button' : 'quiet'} learn`
    byId('learn').textContent = learning ? 'Stop' : taught.length > 0 ? 'Learn again' : 'Learn'
    const status = byId('status')
    if (status.textContent !== message) status.textContent = message
    status.classList.toggle('wrong', wrong)
    byId('no-answer').hidden = moment !== null
    const chances = moment?.chances ?? []
    showBars(
      byId('answer'),
      chances.map((value, kind) => ({ label: taught[kind] ?? '', value })),
    )
    const { drawn } = school
    byId('asked').textContent =
      moment === null ? '' : drawn === null ? 'of the last example; draw something new' : 'of your drawing'
  }
}
