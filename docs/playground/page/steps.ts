/** The pattern as the steps it stands for, with the shape after each. */
import type { Explanation } from 'tesserae'
import { explained } from '../model/library.ts'
import { type Hue, neutral, paint } from '../model/palette.ts'
import type { Reading } from '../model/reading.ts'
import { type Step, story } from '../model/story.ts'
import { namesIn, tokenize } from '../model/tokens.ts'
import { element } from './element.ts'
import type { Store } from './store.ts'
import { toneCss } from './theme.ts'

export function mountSteps(parent: HTMLElement, store: Store): void {
  parent.append(element('h3', {}, 'Step by step'))
  const list = element('ol', { className: 'ladder' })
  parent.append(list)
  store.subscribe(({ reading, drawn }) => {
    if (reading === null) return
    const steps = story(reading, drawn.operation, drawn.reduction)
    const explanation = explained(drawn)
    const hues = paint(namesIn(tokenize(drawn.pattern)))
    list.replaceChildren(
      ...steps.map((step, i) =>
        element(
          'li',
          {},
          element(
            'span',
            { className: 'what' },
            step.text,
            costOf(step, i === steps.length - 1, explanation),
          ),
          dims(step, reading, hues),
        ),
      ),
    )
  })
}

/** What a step costs: all but the writing of new elements is done by strides. */
function costOf({ verb }: Step, last: boolean, { view }: Explanation): string {
  if (verb === 'start') return ''
  if (verb === 'drop' || verb === 'multiply') return ' — computes'
  return last && !view && verb === 'merge' ? ' — one copy' : ' — free'
}

function dims(step: Step, reading: Reading, hues: ReadonlyMap<string, Hue>): HTMLElement {
  return element(
    'span',
    { className: 'dims' },
    ...step.dimensions.map((own, i) => {
      const names = own.map((axis) => {
        const { label } = reading.axes[axis]!
        const name = element('span', {}, label)
        name.style.color = toneCss(hues.get(label) ?? neutral)
        return name
      })
      const spaced = names.flatMap((name, k) => (k === 0 ? [name] : [' ', name]))
      const group = own.length === 1 ? spaced : ['(', ...spaced, ')']
      return element(
        'span',
        { className: 'dim' },
        ...group,
        isNumber(own, reading) ? '' : element('small', {}, ` ${step.shape[i]}`),
      )
    }),
  )
}

/** A number says its length itself. */
function isNumber(own: readonly number[], { axes }: Reading): boolean {
  return own.length === 1 && axes[own[0]!]!.kind === 'number'
}
