/**
 * The stage: the drawing and its animation, and who points at it, by pointer or keyboard.
 */
import { operandNames } from '../model/code/typescript.ts'
import type { Drawing } from '../model/drawing.ts'
import { type Frames, frame } from '../model/frames.ts'
import { summary } from '../model/story.ts'
import { type Inks, paintScene } from './canvas.ts'
import { announce, element } from './element.ts'
import { describe, followedBy, neighbour, type Spot } from './following.ts'
import { mountLegend } from './legend.ts'
import type { Store, View } from './store.ts'
import { onTheme, toneOf } from './theme.ts'

const calm = matchMedia('(prefers-reduced-motion: reduce)')
const duration = 1900

export function mountStage(parent: HTMLElement, store: Store): void {
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
    on: { click: () => start() },
  })
  const slider = element('input', {
    type: 'range',
    min: '0',
    max: '1000',
    value: '1000',
    attributes: { 'aria-label': 'How far the elements have moved' },
    on: {
      input: () => {
        stop()
        progress = Number(slider.value) / 1000
        paint()
      },
    },
  })
  const readout = element('p', { className: 'readout', id: 'readout' })
  const legend = element('div')
  const plate = element(
    'div',
    { className: 'plate' },
    legend,
    surface,
    note,
    element('div', { className: 'controls' }, play, slider, readout),
    help,
  )
  parent.append(plate)

  mountLegend(legend, store)

  const context = canvas.getContext('2d')!
  let view: View = store.view
  let frames: Frames | null = null
  let progress = 1
  let running = 0
  let hovered: Spot | null = null

  store.subscribe((next, before) => {
    view = next
    plate.classList.toggle('stale', next.mistake !== null)
    const changed = before === null || next.drawing !== before.drawing
    if (changed) hovered = null
    const { drawing, drawn } = next
    surface.setAttribute(
      'aria-label',
      drawing === null ? 'Nothing to draw' : summary(drawing.full, drawn.operation, drawn.reduction),
    )
    note.hidden = drawing === null || drawing.shortened.length === 0
    if (drawing !== null && drawing.shortened.length > 0) note.textContent = shorteningNote(drawing)
    arrange()
    const onlyColour = before !== null && sameMoves(before.drawing, drawing)
    if (changed && !onlyColour && next.mistake === null) start(before === null ? 500 : 250)
    else paint()
    showReadout()
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
      height: wide ? Math.min(560, Math.max(340, innerHeight - 470)) : 620,
    })
    const ratio = Math.min(3, devicePixelRatio)
    canvas.width = Math.round(frames.width * ratio)
    canvas.height = Math.round(frames.height * ratio)
    canvas.style.height = `${frames.height}px`
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
  }

  function start(wait = 0): void {
    stop()
    if (view.drawing === null) return
    if (calm.matches && wait > 0) {
      setProgress(1)
      return
    }
    setProgress(0)
    let begun: number | null = null
    const step = (now: number) => {
      begun ??= now + wait
      setProgress(Math.min(1, Math.max(0, (now - begun) / duration)))
      if (progress < 1) running = requestAnimationFrame(step)
      else stop()
    }
    running = requestAnimationFrame(step)
  }

  function stop(): void {
    cancelAnimationFrame(running)
    running = 0
  }

  function setProgress(value: number): void {
    progress = value
    slider.value = String(Math.round(value * 1000))
    paint()
  }

  function paint(): void {
    context.clearRect(0, 0, canvas.width, canvas.height)
    const { drawing } = view
    if (frames === null || drawing === null) return
    const inks = readInks(plate)
    canvas.dataset['mono'] = inks.mono
    const names = [...operandNames(drawing.operands.length), 'y']
    paintScene(context, { drawing, frames, progress, followed: followedBy(drawing, spot()), names }, inks)
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
    const at = find(event)
    hovered = null
    if (progress < 1) {
      stop()
      setProgress(1)
    }
    choose(at)
  })
  surface.addEventListener('keydown', (event) => {
    const { drawing } = view
    if (drawing === null || drawing.result.size === 0) return
    if (event.key === ' ') start()
    else if (event.key === 'Escape') choose(null)
    else if (event.key.startsWith('Arrow')) {
      if (progress < 1) {
        stop()
        setProgress(1)
      }
      const next = neighbour(drawing, view.state.element, event.key)
      choose({ tensor: drawing.operands.length, element: next })
      announce(readout.textContent ?? '')
    } else return
    event.preventDefault()
  })

  function hover(at: Spot | null): void {
    if (at?.tensor === hovered?.tensor && at?.element === hovered?.element) return
    hovered = at
    if (running === 0) paint()
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
    if (frames === null) return null
    const box = canvas.getBoundingClientRect()
    const px = event.clientX - box.left
    const py = event.clientY - box.top
    const { cell } = frames
    const reach = cell < 12 ? 0.5 : 0.12 // in cells
    for (const [tensor, { tensor: drawn, x, y }] of frames.frames.entries()) {
      const cx = (px - x) / cell
      const cy = (py - y) / cell
      for (let element = 0; element < drawn.size; element += drawn.channels) {
        const dx = cx - drawn.x[element]!
        const dy = cy - drawn.y[element]!
        if (dx >= -reach && dx <= 1 + reach && dy >= -reach && dy <= 1 + reach) return { tensor, element }
      }
    }
    return null
  }
}

function shorteningNote({ full, shortened, reading }: Drawing): string {
  const axes = shortened.map(
    (axis) => `${full.axes[axis]!.label} ${full.axes[axis]!.length} as ${reading.axes[axis]!.length}`,
  )
  return `Too large to draw whole, so some axes are drawn shorter: ${axes.join(', ')}. All figures below are of the true shape.`
}

function sameMoves(before: Drawing | null, after: Drawing | null): boolean {
  if (before === null || after === null || before.picture !== after.picture) return false
  const shapes = ({ reading }: Drawing) =>
    JSON.stringify([reading.operands, reading.result, reading.axes.map(({ length }) => length)])
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
