/** The state of the page, the address that says the same, and everyone who draws it. */
import { type Drawing, draw } from '../model/drawing.ts'
import { follow } from '../model/follow.ts'
import { type Mistake, mistakeIn } from '../model/mistake.ts'
import type { Pasted } from '../model/pasted.ts'
import type { Picture } from '../model/picture.ts'
import { type Reading, read } from '../model/reading.ts'
import { paintScene } from '../model/scene.ts'
import { fromLink, hasMany, landing, type State, toLink } from '../model/state.ts'
import { countOperands, namesIn, tokenize } from '../model/tokens.ts'

/** What follows from a state, computed once for all who show it. */
export interface View {
  readonly state: State
  readonly mistake: Mistake | null
  /** Whether the mistake may be nothing but a pattern that is not finished. */
  readonly typing: boolean
  /** Why a pasted text is no pattern. */
  readonly refused: string | null
  /** The state itself, or the last one that was right. */
  readonly drawn: State
  /** What the library accepts is always read; null only where nothing right has been seen. */
  readonly reading: Reading | null
  /** Null where even the shortest drawing would have too many elements. */
  readonly drawing: Drawing | null
}

type Listener = (view: View, before: View | null) => void

/** How long typing pauses before a mistake is told. */
const pause = 700

export class Store {
  private readonly listeners: Listener[] = []
  private readonly lights: (() => void)[] = []
  private picture: Picture = paintScene()
  /** Whether the picture is one's own, which no link can hold. */
  ownPicture = false
  /** The axis that is pointed at. */
  lit: string | null = null
  private readonly narrow = matchMedia('(max-width: 40rem)')
  private current: View
  /** Lengths of axes that are not in the pattern at the moment; they come back with the name. */
  private readonly remembered = new Map<string, number>()
  /** Whether the reader has given a shape, which then stays. */
  private shapeGiven = false
  private waiting: ReturnType<typeof setTimeout> | undefined

  constructor() {
    this.current = this.viewOf(fromLink(location.hash, landing), null)
    this.narrow.addEventListener('change', () => this.show(this.state))
    addEventListener('popstate', () => this.goTo(location.hash))
  }

  /** How broad a tensor may be drawn: on a phone they stand below each other. */
  private get aspect(): number {
    return this.narrow.matches ? 0.9 : 2
  }

  get state(): State {
    return this.current.state
  }

  get view(): View {
    return this.current
  }

  /** Calls `listener` now and after every change. */
  subscribe(listener: Listener): void {
    this.listeners.push(listener)
    listener(this.current, null)
  }

  /** Calls `listener` when another axis is pointed at. */
  onLight(listener: () => void): void {
    this.lights.push(listener)
  }

  light(label: string | null): void {
    if (label === this.lit) return
    this.lit = label
    for (const listener of this.lights) listener()
  }

  /** Changes part of the state; the element that was followed stays only where nothing else changed. */
  change(change: Partial<State>): void {
    const same = Object.keys(change).every((key) => key === 'colour' || key === 'element')
    this.show({ ...this.state, ...(same ? {} : { element: null }), ...change })
  }

  /** Opens an example or another beginning: one step of the browser's history. */
  open(state: State): void {
    this.shapeGiven = false
    if (toLink(state) !== toLink(this.state)) history.pushState(null, '', location.href)
    this.show(state)
  }

  /** Another operation keeps the pattern. */
  operate(change: Partial<State>): void {
    const next = this.fitted({ ...this.state, colour: [], element: null, ...change })
    history.pushState(null, '', location.href)
    this.show(next)
  }

  /** A shape that the reader gives stays as it is from now on. */
  reshape(shapes: State['shapes']): void {
    this.shapeGiven = true
    this.change({ shapes })
  }

  /** Changes the pattern as it is typed: lengths come and go with their names, shapes follow until one is given. */
  type(pattern: string): void {
    // quotes and calls are in no pattern
    if (/['"`]|\.\s*\w+\s*\(/.test(pattern)) void this.paste(pattern)
    const { lengths } = this.state
    for (const [name, length] of lengths) this.remembered.set(name, length)
    const kept = namesIn(tokenize(pattern)).flatMap((name) => {
      const length = lengths.get(name) ?? this.remembered.get(name)
      return length === undefined ? [] : [[name, length] as const]
    })
    const next = this.fitted({ ...this.state, pattern, lengths: new Map(kept), element: null })
    clearTimeout(this.waiting)
    this.waiting = setTimeout(() => this.show(this.state), pause)
    this.show(next, { typing: true })
  }

  /** Takes a whole call apart; what reads calls is fetched when one is first pasted. */
  private async paste(text: string): Promise<void> {
    const { readPasted } = await import('../model/pasted.ts')
    if (this.state.pattern !== text) return
    const pasted: Pasted = readPasted(text, this.state.shapes[0] ?? [])
    if (pasted === null) return
    if ('refused' in pasted) {
      this.refuse(pasted.refused)
      return
    }
    this.shapeGiven = false
    this.show(this.fitted({ ...this.state, lengths: new Map(), element: null, ...pasted.change }))
  }

  /** Says why something that was brought is not taken; all else stays. */
  refuse(refused: string): void {
    this.show(this.state, { refused })
  }

  /** With as many shapes as the pattern has operands, and with those that it accepts. */
  private fitted(state: State): State {
    const { operation, shapes, pattern } = state
    const count =
      operation === 'einsum'
        ? countOperands(tokenize(pattern))
        : hasMany(operation)
          ? Math.max(2, shapes.length)
          : 1
    const fitting = Array.from({ length: count }, (_, i) => shapes[i] ?? [2, 2])
    const counted = { ...state, shapes: fitting }
    return follow(counted, this.shapeGiven)
  }

  /** Shows another picture wherever one is shown. */
  usePicture(picture: Picture, change: Partial<State>): void {
    this.picture = picture
    this.ownPicture = true
    this.shapeGiven = false
    history.pushState(null, '', location.href)
    this.change(change)
  }

  private goTo(hash: string): void {
    // other anchors of the page, as of the skip link, are no states
    const next = hash === '' ? landing : fromLink(hash, this.state)
    if (next !== this.state) this.show(next)
    else history.replaceState(null, '', `#${toLink(this.state)}`)
  }

  private show(next: State, { typing = false, refused = null as string | null } = {}): void {
    const before = this.current
    const state = withoutOldWhole(next, before.state)
    if (!typing) clearTimeout(this.waiting)
    this.current = { ...this.viewOf(state, before), typing, refused }
    history.replaceState(null, '', `#${toLink(state)}`)
    for (const listener of this.listeners) listener(this.current, before)
  }

  private viewOf(state: State, before: View | null): View {
    if (before !== null && before.mistake === null && onlyFollows(before.state, state)) {
      return { ...before, state, drawn: state }
    }
    const plain = { state, typing: false, refused: null }
    const mistake = mistakeIn(state)
    if (mistake === null) return { ...plain, mistake, ...this.seen(state) }
    if (before !== null) return { ...before, ...plain, mistake }
    // a link to a mistake: what its first repair would give
    const repaired = { ...state, ...mistake.fixes[0]?.change }
    const right = mistakeIn(repaired) === null
    return {
      ...plain,
      mistake,
      ...(right ? this.seen(repaired) : { drawn: state, reading: null, drawing: null }),
    }
  }

  private seen(drawn: State): Pick<View, 'drawn' | 'reading' | 'drawing'> {
    return { drawn, reading: read(drawn), drawing: draw(drawn, this.picture, this.aspect) }
  }
}

/** Another shape is no longer cropped or padded from what the last one was. */
function withoutOldWhole(state: State, before: State): State {
  const same = String(state.shapes) === String(before.shapes) && !hasMany(state.operation)
  if (state.whole === undefined || state.whole !== before.whole || same) return state
  const { whole: _, ...others } = state
  return others
}

/** Whether nothing changed but the element that is followed. */
function onlyFollows(before: State, after: State): boolean {
  return Object.keys(after).every(
    (key) => key === 'element' || before[key as keyof State] === after[key as keyof State],
  )
}
