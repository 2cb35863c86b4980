/**
 * The stage: the drawing and its animation, and who points at it, by pointer or keyboard.
 */
import { type Choreography, choreograph, thumbPlace } from '../model/choreography.ts'
import type { Drawing } from '../model/drawing.ts'
import { type Frames, frame } from '../model/frames.ts'
import { light } from '../model/lit.ts'
import { namesOf } from '../model/names.ts'
import { summary } from '../model/story.ts'
import { cellPlace, type Inks, paintScene, type Scene } from './canvas.ts'
import { announce, element } from './element.ts'
import { describe, followedBy, neighbour, type Spot } from './following.ts'
import { mountLegend } from './legend.ts'
import type { Player } from './player.ts'
import { mountSteps } from './steps.ts'
import type { Store, View } from './store.ts'
import { onTheme, toneOf } from './theme.ts'

export function mountStage(parent: HTMLElement, store: Store, player: Player): void {
  const canvas = element('canvas', { attributes: { 'aria-hidden': 'true' } })
  const surface = element(
    'div',
    {
      className: 'drawing',
      tabIndex: 0,
      attributes: {
        role: 'application',
        'aria-roledescription': 'drawing of tensors',
        'aria-describedby': 'stage-help',
      },
    },
    canvas,
  )
  const help = element(
    'p',
    { id: 'stage-help', className: 'hidden' },
    'Arrow keys follow one element of the result after the other, space plays the move, Escape lets go.',
  )
  const note = element('p', { className: 'note', hidden: true })
  const play = element('button', {
    type: 'button',
    className: 'play',
    attributes: { 'aria-label': 'Play the move' },
    innerHTML: '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M4 2.5v11l9.5-5.5z"/></svg>',
    on: { click: () => player.play() },
  })
  const slider = element('input', {
    type: 'range',
    min: '0',
    max: '1000',
    value: '1000',
    attributes: { 'aria-label': 'How far the elements have moved' },
    on: { input: () => player.set(Number(slider.value) / 1000) },
  })
  const readout = element('p', { className: 'readout', id: 'readout' })
  const legend = element('div')
  const steps = element('div')
  const plate = element(
    'div',
    { className: 'plate' },
    surface,
    element('div', { className: 'controls' }, play, slider, readout),
    steps,
    note,
    legend,
    help,
  )
  parent.append(plate)

  mountLegend(legend, store)
  mountSteps(steps, store, player)
  player.watch(surface)

  const context = canvas.getContext('2d')!
  let view: View = store.view
  let frames: Frames | null = null
  let choreography: Choreography | null = null
  let hovered: Spot | null = null

  store.subscribe((next, before) => {
    view = next
    plate.classList.toggle('stale', next.mistake !== null && !next.typing)
    const changed = before === null || next.drawing !== before.drawing
    if (changed) {
      hovered = null
      choreography = next.drawing === null ? null : choreograph(next.drawing)
    }
    const { drawing, drawn } = next
    surface.setAttribute(
      'aria-label',
      drawing === null ? 'Nothing to draw' : summary(drawing.full, drawn.operation, drawn.reduction),
    )
    note.hidden = drawing === null || drawing.shortened.length === 0
    if (drawing !== null && drawing.shortened.length > 0) note.textContent = shorteningNote(drawing)
    arrange()
    const onlyColour = before !== null && sameMoves(before.drawing, drawing)
    if (changed && drawing !== null && !onlyColour && next.mistake === null) {
      player.play(0, 1, { wait: before === null ? 500 : 250, asked: false })
    } else paint()
    showReadout()
  })
  store.onLight(paint)
  player.subscribe((progress) => {
    slider.value = String(Math.round(progress * 1000))
    paint()
  })
  onTheme(paint)
  new ResizeObserver(() => {
    arrange()
    paint()
  }).observe(surface)

  function arrange(): void {
    const width = surface.clientWidth
    if (view.drawing === null || width === 0) {
      frames = null
      canvas.style.height = '0'
      return
    }
    const wide = width > 620
    frames = frame(view.drawing, {
      width,
      height: wide ? Math.min(560, Math.max(320, innerHeight - 500)) : Math.max(380, innerHeight - 330),
    })
    const ratio = Math.min(3, devicePixelRatio)
    canvas.width = Math.round(frames.width * ratio)
    canvas.height = Math.round(frames.height * ratio)
    canvas.style.height = `${frames.height}px`
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
  }

  function scene(): Scene | null {
    const { drawing, drawn } = view
    if (frames === null || drawing === null || choreography === null) return null
    return {
      drawing,
      frames,
      choreography,
      progress: player.progress,
      followed: followedBy(drawing, spot()),
      lit: store.lit === null ? null : light(drawing, store.lit),
      names: namesOf(drawn),
    }
  }

  function paint(): void {
    context.clearRect(0, 0, canvas.width, canvas.height)
    const shown = scene()
    if (shown === null) return
    const inks = readInks(plate)
    canvas.dataset['mono'] = inks.mono
    paintScene(context, shown, inks)
  }

  /** What is followed: under the pointer, or else what was chosen. */
  function spot(): Spot | null {
    if (hovered !== null) return hovered
    const { drawing, state } = view
    if (drawing === null || state.element === null || state.element >= drawing.result.size) return null
    return { tensor: drawing.operands.length, element: state.element }
  }

  function showReadout(): void {
    const at = spot()
    const { drawing } = view
    if (drawing === null) readout.replaceChildren()
    else if (at !== null) readout.replaceChildren(...describe(drawing, view.drawn, at))
    else {
      readout.replaceChildren(
        matchMedia('(hover: hover)').matches
          ? 'Point at an element to follow it; click to keep it.'
          : 'Tap an element to follow it.',
      )
    }
  }

  surface.addEventListener('pointermove', (event) => {
    if (event.pointerType === 'touch') return
    hover(find(event))
  })
  surface.addEventListener('pointerleave', () => hover(null))
  surface.addEventListener('click', (event) => {
    if (player.progress < 1) player.set(1)
    const at = find(event)
    hovered = null
    choose(at)
  })
  surface.addEventListener('keydown', (event) => {
    const { drawing } = view
    if (drawing === null || drawing.result.size === 0) return
    if (event.key === ' ') player.play()
    else if (event.key === 'Escape') choose(null)
    else if (event.key.startsWith('Arrow')) {
      if (player.progress < 1) player.set(1)
      const next = neighbour(drawing, view.state.element, event.key)
      choose({ tensor: drawing.operands.length, element: next })
      announce(readout.textContent ?? '')
    } else return
    event.preventDefault()
  })

  function hover(at: Spot | null): void {
    if (at?.tensor === hovered?.tensor && at?.element === hovered?.element) return
    hovered = at
    if (!player.playing) paint()
    showReadout()
  }

  /** Keeps following: an operand's element by the first place it goes to. */
  function choose(at: Spot | null): void {
    const { drawing } = view
    if (drawing === null || at === null) {
      store.change({ element: null })
      return
    }
    const result = drawing.operands.length
    const target =
      at.tensor === result
        ? at.element
        : drawing.moves.find(({ operand, from }) => operand === at.tensor && from === at.element)?.to
    store.change({ element: target ?? null })
  }

  function find(event: MouseEvent): Spot | null {
    const shown = scene()
    if (shown === null) return null
    const box = canvas.getBoundingClientRect()
    const px = event.clientX - box.left
    const py = event.clientY - box.top
    const hits = ({ x, y, wide, high }: ReturnType<typeof cellPlace>) => {
      const reach = Math.min(wide, high) < 12 ? 1 : 3
      return px >= x - reach && px <= x + wide + reach && py >= y - reach && py <= y + high + reach
    }
    for (const [tensor, { tensor: drawn }] of shown.frames.frames.entries()) {
      const blocks = shown.drawing.rows !== null && shown.choreography.targets.includes(tensor)
      for (const one of drawn.cells) {
        if (hits(cellPlace(shown, tensor, one))) return { tensor, element: one }
        if (blocks && hits(thumbPlace(shown.drawing, shown.frames, one))) return { tensor, element: one }
      }
    }
    return null
  }
}

function shorteningNote({ full, shortened, reading, picture }: Drawing): string {
  const axes = [...new Set(shortened.map((axis) => describeAxis(axis)))]
  function describeAxis(axis: number): string {
    return `${full.axes[axis]!.label} shows ${reading.axes[axis]!.length} of ${full.axes[axis]!.length}`
  }
  const how = picture
    ? 'Not every pixel fits, so every few are drawn'
    : 'Not every element fits, so the ends are drawn (⋯)'
  return `${how}: ${axes.join(', ')}.`
}

function sameMoves(before: Drawing | null, after: Drawing | null): boolean {
  if (before === null || after === null || before.picture !== after.picture) return false
  if (before.inverse !== after.inverse) return false
  const shapes = ({ full }: Drawing) =>
    JSON.stringify([full.operands, full.result, full.axes.map(({ length }) => length)])
  return shapes(before) === shapes(after)
}

function readInks(node: HTMLElement): Inks {
  const style = getComputedStyle(node)
  // canvas does not know light-dark(), so each colour is resolved through a property
  const resolve = (name: string) => {
    probe.style.color = `var(${name})`
    return getComputedStyle(probe).color
  }
  if (!probe.isConnected) node.append(probe)
  return {
    ink: resolve('--ink'),
    soft: resolve('--soft'),
    line: resolve('--edge'),
    sunken: resolve('--sunken'),
    accent: resolve('--accent'),
    mono: style.getPropertyValue('--mono'),
    tone: toneOf,
  }
}

const probe = element('span', { hidden: true })
