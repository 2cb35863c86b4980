/** The digit at work: pad, what the model sees, its patches and tokens, where it looks, what it answers. */
import { rasterize, type Stroke, side } from '../model/digit.ts'
import { largest, probabilities, rowOf } from '../model/look.ts'
import { sampleDigits } from '../model/sample-digits.ts'
import { announce, byId, element } from '../page/element.ts'
import { isDark, onTheme } from '../page/theme.ts'
import { showBars } from './bars.ts'
import { fill, grid, heat, ink, maximum, signed } from './ink.ts'
import { Pad } from './pad.ts'
import type { DigitReply, Reader } from './reader.ts'

const patches = 4 // along a side
const tokens = patches * patches + 1
const layers = 4
const heads = 4
const width = 100

/** Whose look is shown: 'all' is the rollout through every layer. */
type Choice = 'all' | { readonly layer: number; readonly head: number | 'mean' }

export function mountDigit(reader: Reader): void {
  let strokes: readonly Stroke[] = []
  let pixels: Float32Array = new Float32Array(side * side)
  let reply: DigitReply | null = null
  let query = 0 // the token whose look is shown; 0 is the class token
  let choice: Choice = 'all'

  const pad = new Pad((drawn) => {
    strokes = drawn
    byId('pad-hint').hidden = drawn.length > 0
    read()
  })
  byId('pad').prepend(pad.canvas)
  const centre = byId('centre') as HTMLInputElement
  centre.addEventListener('change', read)
  byId('clear').addEventListener('click', () => pad.clear())
  byId('undo').addEventListener('click', () => pad.undo())
  byId('samples').append(
    ...sampleDigits.map((sample, digit) =>
      element(
        'button',
        {
          type: 'button',
          className: 'chip',
          attributes: { 'aria-label': `Write a ${digit}` },
          on: { click: () => pad.write(sample) },
        },
        String(digit),
      ),
    ),
  )

  const tiles = patchTiles((token) => choose(token))
  byId('patches').append(...tiles.map(({ button }) => button))
  const rows = tokenRows((token) => choose(token))
  byId('tokens').append(...rows.map(({ button }) => button))
  const maps = layerMaps((layer, head) => {
    choice = choice !== 'all' && choice.layer === layer && choice.head === head ? 'all' : { layer, head }
    show()
  })
  byId('layers').append(...maps.nodes)
  const large = { picture: grid(side, side, 'ink'), heat: grid(patches, patches, 'heat') }
  byId('look').append(large.picture, large.heat)
  byId('look-all').addEventListener('click', () => {
    choice = 'all'
    query = 0
    show()
  })

  reader.on('digit', (answer) => {
    reply = answer
    show()
  })
  reader.on('ready', () => {
    byId('digit-status').textContent = 'ready'
    if (strokes.length === 0) pad.write(sampleDigits[3]!)
    else read()
  })
  reader.on('failure', ({ text }) => {
    byId('digit-status').textContent = text
  })
  onTheme(() => {
    pad.paint()
    show()
  })

  function read(): void {
    pixels = rasterize(strokes, { centred: centre.checked })
    reader.readDigit(pixels)
    showInput()
  }

  function choose(token: number): void {
    query = query === token ? 0 : token
    show()
  }

  function showInput(): void {
    const paper = ink(isDark())
    for (const [i, { canvas }] of tiles.entries()) {
      const own = new Float32Array(49)
      const [top, left] = [Math.floor(i / patches) * 7, (i % patches) * 7]
      for (let k = 0; k < 49; k++) own[k] = pixels[(top + Math.floor(k / 7)) * side + left + (k % 7)]!
      fill(canvas, own, paper)
    }
    fill(large.picture, pixels, paper)
  }

  function show(): void {
    showInput()
    for (const [token, { button }] of rows.entries())
      button.setAttribute('aria-pressed', String(query === token))
    for (const [i, { button }] of tiles.entries())
      button.setAttribute('aria-pressed', String(query === i + 1))
    if (reply === null) return
    const { embedding, looks, logits, milliseconds } = reply
    for (const [token, { canvas }] of rows.entries()) {
      const row = embedding.subarray(token * width, (token + 1) * width)
      fill(canvas, row, signed(maximum(embedding) * 0.6))
    }
    const attention = looks.layers.map((weights) => ({ weights, heads, tokens }))
    for (let layer = 0; layer < layers; layer++) {
      for (let head = 0; head < heads; head++) {
        const { button, canvas, below } = maps.cells[layer]![head]!
        const row = rowOf(attention[layer]!, query, head).subarray(1)
        fill(below, pixels, ink(isDark()))
        fill(canvas, row, heat(maximum(row)))
        button.setAttribute(
          'aria-pressed',
          String(choice !== 'all' && choice.layer === layer && choice.head === head),
        )
      }
    }
    const row =
      choice === 'all'
        ? looks.rollout.subarray(query * tokens + 1, (query + 1) * tokens)
        : rowOf(attention[choice.layer]!, query, choice.head).subarray(1)
    // what passes by every layer reaches all alike, so the rollout is shown from its least
    fill(large.heat, row, heat(maximum(row), choice === 'all' ? Math.min(...row) * 0.8 : 0))
    byId('look-caption').textContent = captionOf(query, choice)

    const chances = probabilities(logits)
    const blank = maximum(pixels) === 0
    showBars(
      byId('answer'),
      chances.map((value, digit) => ({ label: String(digit), value: blank ? 0 : value })),
    )
    const [best] = largest(chances, 1)
    byId('verdict').textContent = blank ? '' : String(best!.index)
    byId('digit-status').textContent = `read in ${milliseconds.toFixed(1)} ms`
    if (!blank) announce(`The model reads a ${best!.index}, ${Math.round(100 * best!.value)} percent`)
  }
}

function captionOf(query: number, choice: Choice): string {
  const who = query === 0 ? 'the class token' : `patch ${query}`
  if (choice === 'all') return `What reached ${who} through all layers (attention rollout)`
  return `Where ${who} looks in layer ${choice.layer + 1}, head ${Number(choice.head) + 1}`
}

function patchTiles(
  choose: (token: number) => void,
): { button: HTMLButtonElement; canvas: HTMLCanvasElement }[] {
  return Array.from({ length: patches * patches }, (_, i) => {
    const canvas = grid(7, 7, 'ink')
    const button = element(
      'button',
      {
        type: 'button',
        className: 'tile',
        attributes: { 'aria-label': `Patch ${i + 1}: where it looks`, 'aria-pressed': 'false' },
        on: { click: () => choose(i + 1) },
      },
      canvas,
    )
    return { button, canvas }
  })
}

function tokenRows(
  choose: (token: number) => void,
): { button: HTMLButtonElement; canvas: HTMLCanvasElement }[] {
  return Array.from({ length: tokens }, (_, token) => {
    const canvas = grid(width, 1, 'strip')
    const name = token === 0 ? 'class' : String(token)
    const button = element(
      'button',
      {
        type: 'button',
        className: 'token',
        attributes: {
          'aria-label':
            token === 0 ? 'Class token: where it looks' : `Token of patch ${token}: where it looks`,
          'aria-pressed': 'false',
        },
        on: { click: () => choose(token) },
      },
      element('span', {}, name),
      canvas,
    )
    return { button, canvas }
  })
}

interface MapCell {
  readonly button: HTMLButtonElement
  readonly canvas: HTMLCanvasElement
  readonly below: HTMLCanvasElement
}

function layerMaps(choose: (layer: number, head: number) => void): {
  nodes: HTMLElement[]
  cells: MapCell[][]
} {
  const cells = Array.from({ length: layers }, (_, layer) =>
    Array.from({ length: heads }, (_, head): MapCell => {
      const below = grid(side, side, 'ink')
      const canvas = grid(patches, patches, 'heat')
      const button = element(
        'button',
        {
          type: 'button',
          className: 'map',
          attributes: { 'aria-label': `Layer ${layer + 1}, head ${head + 1}`, 'aria-pressed': 'false' },
          on: { click: () => choose(layer, head) },
        },
        below,
        canvas,
      )
      return { button, canvas, below }
    }),
  )
  const nodes = cells.map((row, layer) =>
    element(
      'div',
      { className: 'layer' },
      element('span', { className: 'soft small' }, `layer ${layer + 1}`),
      ...row.map(({ button }) => button),
    ),
  )
  return { nodes, cells }
}
