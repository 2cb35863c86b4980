/** The classes: their names, their examples, pictures of one's own. */

import { ofStrokes, side } from '../model/teach/example.ts'
import { type Shape, shapes } from '../model/teach/shapes.ts'
import { byId, element } from '../page/element.ts'
import { onTheme } from '../page/theme.ts'
import { grid } from '../vit/ink.ts'
import { paint } from './picture.ts'
import { most, type School } from './school.ts'

/** How many examples of each shape are drawn for whoever wants to see it at once. */
const several = 5

export function mountKinds(school: School): void {
  const parent = byId('kinds')
  const cards: Card[] = []
  byId('add-kind').addEventListener('click', () => {
    school.addKind()
    cards.at(-1)!.name.focus()
  })
  byId('for-me').addEventListener('click', () => forMe(school))
  addEventListener('dragover', (event) => event.preventDefault())
  addEventListener('drop', (event) => {
    event.preventDefault()
    const card = cards.findIndex(({ node }) => node.contains(event.target as Node))
    if (card < 0) {
      school.say('Drop pictures onto the class that they are of.', true)
      return
    }
    void takePictures(school, card, event.dataTransfer?.files)
  })
  school.subscribe(show)
  onTheme(() => {
    for (const card of cards) card.shown = null
    show()
  })

  function show(): void {
    const { kinds } = school
    while (cards.length > kinds.length) cards.pop()!.node.remove()
    while (cards.length < kinds.length) {
      const card = new Card(school, cards.length)
      cards.push(card)
      parent.append(card.node)
    }
    for (const card of cards) card.show()
    byId('add-kind').hidden = kinds.length >= most.kinds
    byId('for-me').hidden = kinds.some(({ examples }) => examples.length > 0)
  }
}

/** Two classes with examples, drawn as one would. */
function forMe(school: School): void {
  const wanted: Shape[] = ['circle', 'cross']
  for (const [kind, shape] of wanted.entries()) {
    school.rename(kind, shape)
    for (let i = 0; i < several; i++) school.add(kind, ofStrokes(shapes[shape](Math.random)))
  }
  school.say('Five circles and five crosses. Press Learn.')
}

class Card {
  readonly node: HTMLElement
  readonly name: HTMLInputElement
  /** The examples that stand there. */
  shown: unknown = null
  private readonly list = element('div', { className: 'examples' })
  private readonly empty = element('p', { className: 'small soft' }, 'no example yet')
  private readonly away: HTMLButtonElement

  private readonly school: School
  private readonly kind: number

  constructor(school: School, kind: number) {
    this.school = school
    this.kind = kind
    this.name = element('input', {
      type: 'text',
      maxLength: 24,
      attributes: { 'aria-label': `Name of class ${kind + 1}`, autocomplete: 'off', spellcheck: 'false' },
      on: { input: () => school.rename(kind, this.name.value.trim() || `class ${kind + 1}`) },
    })
    const chooser = element('input', {
      type: 'file',
      accept: 'image/*',
      multiple: true,
      attributes: { 'aria-label': `Pictures of class ${kind + 1}` },
      on: {
        change: () => {
          void takePictures(school, kind, chooser.files).then(() => {
            chooser.value = ''
          })
        },
      },
    })
    this.away = element(
      'button',
      {
        type: 'button',
        className: 'quiet',
        attributes: { 'aria-label': `Remove class ${kind + 1}` },
        on: { click: () => school.removeKind(kind) },
      },
      '✕',
    )
    this.node = element(
      'div',
      { className: `card kind kind-${kind}` },
      element('div', { className: 'row' }, this.name, this.away),
      this.empty,
      this.list,
      element('label', { className: 'quiet file' }, 'Pictures…', chooser),
    )
  }

  show(): void {
    const { kinds } = this.school
    const { name, examples } = kinds[this.kind]!
    if (document.activeElement !== this.name) this.name.value = name
    this.away.hidden = kinds.length <= 2
    this.empty.hidden = examples.length > 0
    if (this.shown === examples) return
    this.shown = examples
    this.list.replaceChildren(
      ...examples.map((example, i) => {
        const canvas = grid(side, side, 'ink')
        paint(canvas, example)
        return element(
          'button',
          {
            type: 'button',
            className: 'example',
            title: 'Remove',
            attributes: { 'aria-label': `Remove example ${i + 1} of ${name}` },
            on: { click: () => this.school.remove(this.kind, i) },
          },
          canvas,
        )
      }),
    )
  }
}

async function takePictures(school: School, kind: number, files: FileList | null | undefined): Promise<void> {
  const pictures = [...(files ?? [])].filter(({ type }) => type.startsWith('image/'))
  if (pictures.length === 0) {
    school.say('There is no picture among these files.', true)
    return
  }
  const { ofPhoto, photoSide } = await import('../model/teach/photo.ts')
  const broken: string[] = []
  for (const file of pictures) {
    try {
      const bitmap = await createImageBitmap(file)
      const short = Math.min(bitmap.width, bitmap.height)
      const context = new OffscreenCanvas(photoSide, photoSide).getContext('2d', {
        willReadFrequently: true,
      })!
      context.imageSmoothingQuality = 'high'
      context.fillStyle = '#ffffff'
      context.fillRect(0, 0, photoSide, photoSide)
      const [left, top] = [(bitmap.width - short) / 2, (bitmap.height - short) / 2]
      context.drawImage(bitmap, left, top, short, short, 0, 0, photoSide, photoSide)
      school.add(kind, ofPhoto(context.getImageData(0, 0, photoSide, photoSide).data))
    } catch {
      broken.push(file.name)
    }
  }
  const { name, examples } = school.kinds[kind]!
  if (broken.length > 0) school.say(`${broken.join(', ')}: not a picture that this browser can read`, true)
  else school.say(`${name} has ${examples.length} example${examples.length === 1 ? '' : 's'}`)
}
