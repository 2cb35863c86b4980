/** What several figures are made of: tiles of patches, rows of tokens, labelled strips, choices of layer and head. */
import { element } from '../../page/element.ts'
import { fill, grid, ink, maximum, norm, shown as number, signed } from '../ink.ts'
import { nameOf, type Shown, type Story } from '../story.ts'

export const patches = 16
export const tokens = patches + 1
export const width = 100
export const heads = 4
export const headWidth = width / heads
export const layers = 4

/** Draws a figure at once, so that it has its height, and then when it is in view and something changed. */
export function whenSeen(node: Element, story: Story, draw: (shown: Shown) => void): void {
  let seen = false
  let isNew = true
  let late: Shown | null = null
  new IntersectionObserver(
    (entries) => {
      seen = entries.at(-1)!.isIntersecting
      if (seen && late !== null) draw(late)
      if (seen) late = null
    },
    { rootMargin: '300px' },
  ).observe(node)
  story.subscribe((shown) => {
    if (seen || isNew) draw(shown)
    else late = shown
    isNew = false
  })
}

/** The sixteen patches as buttons; pressing one chooses its token. */
export function patchTiles(story: Story): { node: HTMLElement; show(shown: Shown): void } {
  const tiles = Array.from({ length: patches }, (_, i) => {
    const canvas = grid(7, 7, 'ink')
    const button = element(
      'button',
      {
        type: 'button',
        className: 'tile',
        attributes: { 'aria-label': `Patch ${i + 1}` },
        on: { click: () => story.look({ token: i + 1 }) },
      },
      canvas,
    )
    return { button, canvas }
  })
  return {
    node: element('div', { className: 'tiles' }, ...tiles.map(({ button }) => button)),
    show({ trace, focus }) {
      for (const [i, { button, canvas }] of tiles.entries()) {
        fill(canvas, trace.patches.subarray(i * 49, i * 49 + 49), ink())
        button.setAttribute('aria-pressed', String(focus.token === i + 1))
      }
    },
  }
}

export interface TokenRows {
  readonly node: HTMLElement
  /** Shows [n, columns]; the strongest colour is `largest`. */
  show(values: Float32Array, largest: number, chosen: number): void
}

/** A row for each token, the class token first unless there is none; pressing one chooses it. */
export function tokenRows(story: Story, columns: number, first: 0 | 1 = 0): TokenRows {
  const rows = Array.from({ length: tokens - first }, (_, i) => {
    const token = i + first
    const canvas = grid(columns, 1, 'strip')
    const button = element(
      'button',
      {
        type: 'button',
        className: 'token',
        attributes: { 'aria-label': token === 0 ? 'Class token' : `Token of patch ${token}` },
        on: { click: () => story.look({ token }) },
      },
      element('span', {}, token === 0 ? 'class' : String(token)),
      canvas,
    )
    return { button, canvas, token }
  })
  return {
    node: element('div', { className: 'tokens' }, ...rows.map(({ button }) => button)),
    show(values, largest, chosen) {
      for (const [i, { button, canvas, token }] of rows.entries()) {
        fill(canvas, values.subarray(i * columns, (i + 1) * columns), signed(largest))
        button.setAttribute('aria-pressed', String(token === chosen))
      }
    },
  }
}

export interface Strip {
  readonly node: HTMLElement
  show(values: Float32Array, largest: number, note?: string): void
}

/** One vector as a row of colours, with a word before and its length or a note behind. */
export function strip(label: string, columns: number): Strip {
  const canvas = grid(columns, 1, 'strip')
  const note = element('span', { className: 'note-of' })
  return {
    node: element(
      'div',
      { className: 'vector' },
      element('span', { className: 'label-of' }, label),
      canvas,
      note,
    ),
    show(values, largest, text = `length ${number(norm(values), 1)}`) {
      fill(canvas, values, signed(largest))
      note.textContent = text
    },
  }
}

/** Which layer, and which head where one head is looked at, as switches. */
export function layerAndHead(
  story: Story,
  name: string,
  { withHead = true } = {},
): { node: HTMLElement; show(shown: Shown): void } {
  const inputs = new Map<string, HTMLInputElement>()
  const choice = (kind: 'layer' | 'head', count: number) =>
    element(
      'div',
      { className: 'segments', attributes: { role: 'radiogroup', 'aria-label': kind } },
      ...Array.from({ length: count }, (_, i) => {
        const input = element('input', {
          type: 'radio',
          name: `${name}-${kind}`,
          attributes: { 'aria-label': `${kind} ${i + 1}` },
          on: { change: () => story.look({ [kind]: i }) },
        })
        inputs.set(`${kind}${i}`, input)
        return element('label', {}, input, element('span', {}, String(i + 1)))
      }),
    )
  return {
    node: element(
      'div',
      { className: 'choices' },
      element('span', { className: 'soft small' }, 'layer'),
      choice('layer', layers),
      withHead && element('span', { className: 'soft small' }, 'head'),
      withHead && choice('head', heads),
    ),
    show({ focus }) {
      inputs.get(`layer${focus.layer}`)!.checked = true
      if (withHead) inputs.get(`head${focus.head}`)!.checked = true
    },
  }
}

/** A caption that belongs to one part of a figure. */
export function caption(text = ''): HTMLParagraphElement {
  return element('p', { className: 'small soft caption-of' }, text)
}

/** The strongest value of a matrix, a little less than its largest so that single peaks do not pale the rest. */
export function strength(values: Float32Array): number {
  return maximum(values) * 0.6
}

export { nameOf }
