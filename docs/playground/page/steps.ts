/** The pattern as the steps it stands for, with the shape after each: cards, and each plays its part of the move. */
import type { Explanation } from 'tesserae'
import { choreograph, type StageName } from '../model/choreography.ts'
import { explained } from '../model/library.ts'
import { type Hue, neutral, paint } from '../model/palette.ts'
import type { Reading } from '../model/reading.ts'
import { type Step, story } from '../model/story.ts'
import { namesIn, tokenize } from '../model/tokens.ts'
import { element } from './element.ts'
import type { Player } from './player.ts'
import type { Store } from './store.ts'
import { toneCss } from './theme.ts'

/** Which part of the move shows a step. */
const stageOf: Record<Step['verb'], StageName | 'start'> = {
  start: 'start',
  split: 'split',
  reorder: 'move',
  drop: 'move',
  add: 'move',
  multiply: 'move',
  join: 'move',
  merge: 'merge',
}

interface Card {
  readonly button: HTMLButtonElement
  readonly from: number
  readonly to: number
}

export function mountSteps(parent: HTMLElement, store: Store, player: Player): void {
  const list = element('ol', { className: 'ladder', attributes: { 'aria-label': 'Step by step' } })
  parent.append(list)
  let cards: Card[] = []
  store.subscribe(({ reading, drawn, drawing }, before) => {
    if (reading === null || (before !== null && before.reading === reading)) return
    const steps = story(reading, drawn.operation, drawn.reduction)
    const explanation = explained(drawn)
    const hues = paint(namesIn(tokenize(drawn.pattern)))
    const stages = drawing === null ? [] : choreograph(drawing).stages
    cards = steps.map((step, i): Card => {
      const name = stageOf[step.verb]
      const stage = stages.find((one) => one.name === name)
      // a step without a part of its own shows what it ends with
      const [from, to] = name === 'start' ? [0, 0] : [stage?.from ?? 1, stage?.to ?? 1]
      const cost = explanation === null ? '' : costOf(step, i === steps.length - 1, explanation)
      const button = element(
        'button',
        { type: 'button', on: { click: () => player.play(from, to) } },
        element('span', { className: 'what' }, step.text, cost),
        dims(step, reading, hues),
      )
      return { button, from, to }
    })
    list.replaceChildren(...cards.map(({ button }) => element('li', {}, button)))
    mark(player.progress)
  })
  player.subscribe(mark)

  function mark(progress: number): void {
    const at = cards.findLastIndex(({ from, to }) => progress > from || (from === to && progress >= to))
    for (const [i, { button }] of cards.entries()) {
      button.setAttribute('aria-current', i === Math.max(0, at) ? 'step' : 'false')
    }
  }
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
        name.dataset['name'] = label
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
