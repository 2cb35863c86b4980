/**
 * The stage: the drawing, its animation, and following an element with the pointer or the keyboard.
 */
import { coordinatesOf, indexOf, termsOf } from '../model/cells.ts'
import { operandNames } from '../model/code/typescript.ts'
import type { Drawing } from '../model/drawing.ts'
import { type Frames, frame } from '../model/frames.ts'
import { short } from '../model/number.ts'
import type { State } from '../model/state.ts'
import { summary } from '../model/story.ts'
import { type Followed, type Inks, paintScene } from './canvas.ts'
import { announce, element } from './element.ts'
import { mountLegend } from './legend.ts'
import type { Store, View } from './store.ts'
import { onTheme, toneOf } from './theme.ts'

/** One element of one tensor of the drawing; the tensor after the operands is the result. */
interface Spot {
  readonly tensor: number
  readonly element: number
}

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

/** All elements that belong together with one. */
function followedBy({ moves, operands, result }: Drawing, at: Spot | null): Followed | null {
  if (at === null) return null
  const lit = [...operands, result].map(() => new Set<number>())
  lit[at.tensor]!.add(at.element)
  for (const { operand, from, to } of moves) {
    const touched =
      at.tensor === operands.length ? to === at.element : operand === at.tensor && from === at.element
    if (!touched) continue
    lit[operand]!.add(from - (from % operands[operand]!.channels))
    lit.at(-1)!.add(to - (to % result.channels))
  }
  return lit
}

/** `x[0, 2] = 7 → y[1, 0, 1]`, or what a computed element is made of, and where that is along each axis. */
function describe(drawing: Drawing, { operation, reduction }: State, at: Spot): (Node | string)[] {
  const { operands, result, reading, moves } = drawing
  const tensors = [...operands, result]
  const names = [...operandNames(operands.length), 'y']
  const write = (tensor: number, one: number) =>
    `${names[tensor]}[${indexOf(tensors[tensor]!.tensor, one).join(', ')}]`
  const own = tensors[at.tensor]!
  const value = drawing.picture ? '' : ` = ${short(own.values[at.element]!)}`
  const coordinates = [...coordinatesOf(own.tensor, reading.axes, at.element)]
    .reverse()
    .map(([axis, index]) => `${reading.axes[axis]!.label} ${index}`)
    .join(' · ')
  const where = element('span', { className: 'where' }, coordinates)
  const mine = element('b', {}, write(at.tensor, at.element))
  const arrow = () => element('span', { className: 'arrow' }, '→')
  const isResult = at.tensor === operands.length
  if (isResult && (operation === 'reduce' || operation === 'einsum') && !drawing.picture) {
    const terms = termsOf(reading, at.element).map((term) =>
      term.map((one, operand) => short(operands[operand]!.values[one]!)).join(' × '),
    )
    const shown = terms.length > 12 ? [...terms.slice(0, 11), '…'] : terms
    const made = operation === 'reduce' ? `${reduction}(${shown.join(', ')})` : shown.join(' + ')
    return [mine, ` = ${made}`, value, where]
  }
  const others = moves.filter(({ operand, from, to }) =>
    isResult ? to === at.element : operand === at.tensor && from === at.element,
  )
  const listed = others
    .slice(0, 3)
    .map(({ operand, from, to }) => (isResult ? write(operand, from) : write(operands.length, to)))
  const more = others.length > 3 ? ` and ${others.length - 3} more` : ''
  const link = others.length === 0 ? 'nowhere' : listed.join(', ') + more
  return isResult ? [link, arrow(), mine, value, where] : [mine, value, arrow(), link, where]
}

/** The nearest element of the result in the direction of an arrow key. */
function neighbour({ result }: Drawing, current: number | null, key: string): number {
  if (current === null || current >= result.size) return 0
  const x = result.x[current]!
  const y = result.y[current]!
  const along = key === 'ArrowLeft' || key === 'ArrowRight'
  const sign = key === 'ArrowRight' || key === 'ArrowDown' ? 1 : -1
  let best = current
  let distance = Number.POSITIVE_INFINITY
  for (let element = 0; element < result.size; element += result.channels) {
    const dx = (result.x[element]! - x) * (along ? sign : 1)
    const dy = (result.y[element]! - y) * (along ? 1 : sign)
    const ahead = along ? dx : dy
    const aside = Math.abs(along ? dy : dx)
    if (ahead <= 0.01) continue
    const far = ahead + 4 * aside
    if (far < distance) {
      best = element
      distance = far
    }
  }
  return best
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
