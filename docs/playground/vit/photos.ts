/** Two photographs and what a real ViT-Tiny said of them, computed beforehand: five answers, and 36 looks. */

import { element } from '../page/element.ts'
import chelsea from '../photos/chelsea.jpg?url'
import chelseaLooks from '../photos/chelsea.json?url'
import coffee from '../photos/coffee.jpg?url'
import coffeeLooks from '../photos/coffee.json?url'
import { showBars } from './bars.ts'
import { fill, grid, shown as number, weight } from './ink.ts'

interface Kept {
  readonly answer: readonly { readonly name: string; readonly chance: number }[]
  readonly layers: number
  readonly heads: number
  readonly tokens: number
  readonly looks: string
}

interface Photo {
  readonly kept: Kept
  /** [layer, head, token] of the class token's row. */
  readonly looks: Float32Array
  readonly picture: HTMLCanvasElement
}

const side = 14
/** The model sees the middle: the short side made 248 long, and 224 of it. */
const seen = 224 / 248

const sources = {
  chelsea: { name: 'a cat', picture: chelsea, looks: chelseaLooks },
  coffee: { name: 'a cup of coffee', picture: coffee, looks: coffeeLooks },
} as const
type Name = keyof typeof sources

export function mountPhotos(parent: HTMLElement): void {
  let name: Name = 'chelsea'
  let layer = 8
  let head = 1
  const photos = new Map<Name, Promise<Photo>>()
  const status = element('p', { className: 'small soft', id: 'photos-status' }, 'loading two photographs…')
  const picture = grid(224, 224, 'picture')
  const heat = grid(side, side, 'heat veil')
  const classCell = grid(1, 1, 'heat')
  const view = element('div', { className: 'paper photo', id: 'photos-view' }, picture, heat)
  const readout = element('p', { className: 'small', id: 'photos-readout', attributes: { role: 'status' } })
  const bars = element('ul', { className: 'bars wide', attributes: { 'aria-label': 'The five likeliest' } })
  const maps: { button: HTMLButtonElement; canvas: HTMLCanvasElement }[] = []
  const wall = element('div', { className: 'wall' })
  const choice = element(
    'div',
    { className: 'segments', attributes: { role: 'radiogroup', 'aria-label': 'Photograph' } },
    ...(Object.keys(sources) as Name[]).map((one) =>
      element(
        'label',
        {},
        element('input', {
          type: 'radio',
          name: 'photograph',
          checked: one === name,
          on: {
            change: () => {
              name = one
              void show()
            },
          },
        }),
        element('span', {}, sources[one].name),
      ),
    ),
  )
  parent.append(
    choice,
    element(
      'div',
      { className: 'result' },
      element(
        'figure',
        {},
        view,
        element(
          'figcaption',
          { className: 'small' },
          element('span', { className: 'class-cell' }, classCell),
          ' the class token itself',
        ),
        readout,
      ),
      element(
        'div',
        {},
        element('h3', {}, 'What it says'),
        bars,
        element('h3', {}, 'Where its class token looks: twelve layers of three heads'),
        wall,
      ),
    ),
    status,
  )
  let pointed: number | null = null
  view.addEventListener('pointermove', (event) => {
    const box = view.getBoundingClientRect()
    const at = (part: number) => Math.min(side - 1, Math.max(0, Math.floor(part * side)))
    pointed =
      1 + at((event.clientY - box.top) / box.height) * side + at((event.clientX - box.left) / box.width)
    void tell()
  })
  view.addEventListener('pointerleave', () => {
    pointed = null
    void tell()
  })
  new IntersectionObserver(
    (entries, observer) => {
      if (!entries.at(-1)!.isIntersecting) return
      observer.disconnect()
      void show()
    },
    { rootMargin: '600px' },
  ).observe(parent)

  function load(which: Name): Promise<Photo> {
    const known = photos.get(which) ?? read(which)
    photos.set(which, known)
    return known
  }

  function row({ kept, looks }: Photo, l: number, h: number): Float32Array {
    const from = (l * kept.heads + h) * kept.tokens
    return looks.subarray(from, from + kept.tokens)
  }

  async function show(): Promise<void> {
    const which = name
    let photo: Photo
    try {
      photo = await load(which)
    } catch {
      status.textContent = 'The photographs did not arrive.'
      return
    }
    if (which !== name) return
    status.textContent = ''
    const { kept } = photo
    picture.getContext('2d')!.drawImage(photo.picture, 0, 0)
    showBars(
      bars,
      kept.answer.map(({ name: label, chance }) => ({ label, value: chance })),
    )
    if (maps.length === 0) makeWall(kept)
    for (const [i, { button, canvas }] of maps.entries()) {
      const [l, h] = [Math.floor(i / kept.heads), i % kept.heads]
      fill(canvas, row(photo, l, h).subarray(1), scaled)
      button.setAttribute('aria-pressed', String(l === layer && h === head))
    }
    const mine = row(photo, layer, head)
    fill(heat, mine.subarray(1), lit)
    fill(classCell, mine.subarray(0, 1), scaled)
    await tell()
  }

  async function tell(): Promise<void> {
    const photo = await load(name)
    const mine = row(photo, layer, head)
    const where = `Layer ${layer + 1}, head ${head + 1}`
    readout.textContent =
      pointed === null
        ? `${where}: it gives itself ${number(mine[0]!, 3)}, the most to one patch ${number(Math.max(...mine.subarray(1)), 3)}.`
        : `${where}: the weight of this patch is ${number(mine[pointed]!, 4)} (even looks would be 0.005).`
  }

  function makeWall({ layers, heads }: Kept): void {
    for (let i = 0; i < layers * heads; i++) {
      const [l, h] = [Math.floor(i / heads), i % heads]
      const canvas = grid(side, side, 'heat')
      const button = element(
        'button',
        {
          type: 'button',
          className: 'map',
          attributes: { 'aria-label': `Layer ${l + 1}, head ${h + 1}` },
          on: {
            click: () => {
              layer = l
              head = h
              void show()
            },
          },
        },
        canvas,
      )
      maps.push({ button, canvas })
      wall.append(button)
    }
  }
}

/** There are twelve times as many places to look at as in the digit, so weights are shown twelve times as strong. */
function scaled(value: number): ReturnType<typeof weight> {
  return weight(value * 12)
}

/** The picture itself is seen where it is looked at: a veil on the same scale, thin where the weight is large. */
function lit(value: number): readonly [number, number, number, number] {
  const [, , , alpha] = scaled(value)
  return [12, 13, 18, Math.round(175 * (1 - alpha / 240))]
}

async function read(which: Name): Promise<Photo> {
  const { picture, looks } = sources[which]
  const [image, answer] = await Promise.all([fetch(picture), fetch(looks)])
  const kept = (await answer.json()) as Kept
  const bitmap = await createImageBitmap(await image.blob())
  const canvas = element('canvas', { width: 224, height: 224 })
  const short = Math.min(bitmap.width, bitmap.height) * seen
  const context = canvas.getContext('2d')!
  context.drawImage(
    bitmap,
    (bitmap.width - short) / 2,
    (bitmap.height - short) / 2,
    short,
    short,
    0,
    0,
    224,
    224,
  )
  const bytes = Uint8Array.from(atob(kept.looks), (one) => one.charCodeAt(0))
  const codes = new Uint16Array(bytes.buffer)
  return { kept, looks: Float32Array.from(codes, (code) => code / 65535), picture: canvas }
}
