/** The state of the page, the address that says the same, and everyone who draws it. */
import { type Drawing, draw } from '../model/drawing.ts'
import { type Mistake, mistakeIn } from '../model/mistake.ts'
import type { Picture } from '../model/picture.ts'
import { type Reading, read } from '../model/reading.ts'
import { paintScene } from '../model/scene.ts'
import { fromLink, type State, toLink } from '../model/state.ts'
import { countOperands, namesIn, tokenize } from '../model/tokens.ts'

/** What follows from a state, computed once for all who show it. */
export interface View {
  readonly state: State
  readonly mistake: Mistake | null
  /** The state itself, or the last one that was right. */
  readonly drawn: State
  /** What the library accepts is always read; null only where nothing right has been seen. */
  readonly reading: Reading | null
  /** Null where even the shortest drawing would have too many elements. */
  readonly drawing: Drawing | null
}

type Listener = (view: View, before: View | null) => void

export class Store {
  private readonly listeners: Listener[] = []
  private picture: Picture = paintScene()
  /** Whether the picture is one's own, which no link can hold. */
  ownPicture = false
  private readonly narrow = matchMedia('(max-width: 40rem)')
  private current: View
  /** Lengths of axes that are not in the pattern at the moment; they come back with the name. */
  private readonly remembered = new Map<string, number>()

  constructor() {
    this.current = this.viewOf(fromLink(location.hash), null)
    this.narrow.addEventListener('change', () => this.show(this.state))
    addEventListener('hashchange', () => {
      // other anchors of the page, as of the skip link, are no states
      const next = fromLink(location.hash, this.state)
      if (next !== this.state) this.show(next)
      else history.replaceState(null, '', `#${toLink(this.state)}`)
    })
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

  /** Changes part of the state; the element that was followed stays only where nothing else changed. */
  change(change: Partial<State>): void {
    const same = Object.keys(change).every((key) => key === 'colour' || key === 'element')
    this.show({ ...this.state, ...(same ? {} : { element: null }), ...change })
  }

  /** Changes the pattern as it is typed: lengths come and go with their names, operands with their commas. */
  type(pattern: string): void {
    const { operation, shapes, lengths } = this.state
    for (const [name, length] of lengths) this.remembered.set(name, length)
    const tokens = tokenize(pattern)
    const kept = namesIn(tokens).flatMap((name) => {
      const length = lengths.get(name) ?? this.remembered.get(name)
      return length === undefined ? [] : [[name, length] as const]
    })
    const count = operation === 'einsum' ? countOperands(tokens) : 1
    const fitting = Array.from({ length: count }, (_, i) => shapes[i] ?? [2, 2])
    this.change({ pattern, lengths: new Map(kept), shapes: fitting })
  }

  /** Shows another picture wherever one is shown. */
  usePicture(picture: Picture): void {
    this.picture = picture
    this.ownPicture = true
    this.show(this.state)
  }

  private show(state: State): void {
    const before = this.current
    this.current = this.viewOf(state, before)
    history.replaceState(null, '', `#${toLink(state)}`)
    for (const listener of this.listeners) listener(this.current, before)
  }

  private viewOf(state: State, before: View | null): View {
    if (before !== null && before.mistake === null && onlyFollows(before.state, state)) {
      return { ...before, state, drawn: state }
    }
    const mistake = mistakeIn(state)
    if (mistake === null) return { state, mistake, ...this.seen(state) }
    if (before !== null) return { ...before, state, mistake }
    // a link to a mistake: what its first repair would give
    const repaired = { ...state, ...mistake.fixes[0]?.change }
    const right = mistakeIn(repaired) === null
    return {
      state,
      mistake,
      ...(right ? this.seen(repaired) : { drawn: state, reading: null, drawing: null }),
    }
  }

  private seen(drawn: State): Pick<View, 'drawn' | 'reading' | 'drawing'> {
    return { drawn, reading: read(drawn), drawing: draw(drawn, this.picture, this.aspect) }
  }
}

/** Whether nothing changed but the element that is followed. */
function onlyFollows(before: State, after: State): boolean {
  if (before === after) return false
  return Object.keys(after).every(
    (key) => key === 'element' || before[key as keyof State] === after[key as keyof State],
  )
}
