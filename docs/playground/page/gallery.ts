/** The gallery: each pattern with a small drawing of its result, made by the same model as the large one. */
import { type DrawnTensor, draw } from '../model/drawing.ts'
import { type Example, gallery, stateOf } from '../model/gallery.ts'
import { paint } from '../model/palette.ts'
import { paintScene } from '../model/scene.ts'
import { namesIn, tokenize } from '../model/tokens.ts'
import { byId, element } from './element.ts'
import type { Store } from './store.ts'
import { toneCss } from './theme.ts'

/** The first ones to try, above the pattern. */
const first = ['picture', 'patchify', 'mosaic', 'split-heads', 'pooling', 'tiling', 'patch-embed', 'pack']

export function mountGallery(parent: HTMLElement, store: Store): void {
  const buttons = new Map<string, HTMLButtonElement>()
  const show = (example: Example) => {
    store.open(stateOf(example))
    byId('console').scrollIntoView({ block: 'start' })
  }
  const list = element('ul', { className: 'gallery' })
  const waiting = new Map<Element, Example>()
  const seen = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const example = waiting.get(target)
        if (!isIntersecting || example === undefined) continue
        waiting.delete(target)
        seen.unobserve(target)
        thumbnail(target as HTMLCanvasElement, example)
      }
    },
    { rootMargin: '200px' },
  )
  for (const example of gallery) {
    const canvas = element('canvas', { attributes: { 'aria-hidden': 'true' } })
    const button = element(
      'button',
      { type: 'button', on: { click: () => show(example) } },
      canvas,
      element(
        'span',
        {},
        element('span', { className: 'name' }, example.title),
        element('span', { className: 'about' }, example.text),
        coloured(example.pattern),
      ),
    )
    buttons.set(example.id, button)
    list.append(element('li', {}, button))
    waiting.set(canvas, example)
    seen.observe(canvas)
  }
  parent.append(list)
  byId('try').append(
    element('span', { className: 'soft' }, 'Try'),
    ...gallery
      .filter(({ id }) => first.includes(id))
      .map((example) =>
        element(
          'button',
          { type: 'button', className: 'chip', on: { click: () => store.open(stateOf(example)) } },
          example.title,
        ),
      ),
  )
  store.subscribe(({ state }) => {
    for (const example of gallery) {
      const current = example.operation === state.operation && example.pattern === state.pattern
      buttons.get(example.id)!.setAttribute('aria-current', String(current))
    }
  })
}

function coloured(pattern: string): HTMLElement {
  const tokens = tokenize(pattern)
  const hues = paint(namesIn(tokens))
  const pieces = tokens.map(({ text, kind }) => {
    const piece = element('span', {}, text)
    const hue = hues.get(text)
    if (hue !== undefined && kind === 'axis') {
      piece.style.color = toneCss(hue)
    }
    return piece
  })
  return element('code', {}, ...pieces)
}

/** Before and after, as large as both fit. */
function thumbnail(canvas: HTMLCanvasElement, example: Example): void {
  const drawing = draw(stateOf(example), paintScene(96, 72))
  const context = canvas.getContext('2d')
  if (drawing === null || context === null) return
  const ratio = Math.min(3, devicePixelRatio)
  const width = canvas.clientWidth
  const height = canvas.clientHeight
  canvas.width = width * ratio
  canvas.height = height * ratio
  context.scale(ratio, ratio)
  const tensors = drawing.inverse
    ? [drawing.result, ...drawing.operands]
    : [...drawing.operands, drawing.result]
  const between = 26
  const cells = tensors.reduce((sum, { arrangement }) => sum + arrangement.width, 0)
  const highest = Math.max(...tensors.map(({ arrangement }) => arrangement.height))
  const cell = Math.min(13, (width - between * (tensors.length - 1)) / cells, height / highest)
  let x = 0
  for (const [i, tensor] of tensors.entries()) {
    paintTensor(context, tensor, cell, x, (height - tensor.arrangement.height * cell) / 2)
    x += tensor.arrangement.width * cell
    if (i === tensors.length - 1) break
    context.fillStyle = '#8c877d'
    context.font = '14px sans-serif'
    context.textAlign = 'center'
    context.textBaseline = 'middle'
    const turns = drawing.inverse ? 0 : tensors.length - 2
    context.fillText(i === turns ? '→' : '·', x + between / 2, height / 2)
    x += between
  }
}

function paintTensor(
  context: CanvasRenderingContext2D,
  tensor: DrawnTensor,
  cell: number,
  x: number,
  y: number,
): void {
  const side = Math.max(cell, 0.7) + (tensor.channels > 1 ? 0.4 : 0)
  for (const i of tensor.cells) {
    context.fillStyle = tensor.colours[i]!
    context.fillRect(x + tensor.x[i]! * cell, y + tensor.y[i]! * cell, side, side)
  }
}
