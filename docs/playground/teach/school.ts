/** The state of the third page: classes with their examples, what is drawn, how far the lesson is; and everyone who shows it. */
import type { Stroke } from '../model/digit.ts'
import { type Example, ofStrokes } from '../model/teach/example.ts'
import { steps } from '../model/teach/lesson-plan.ts'
import type { Moment } from './protocol.ts'
import type { Teacher } from './teacher.ts'

export interface Kind {
  readonly name: string
  readonly examples: readonly Example[]
}

/** How many classes and examples there may be. */
export const most = { kinds: 6, examples: 30 }

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'

export class School {
  kinds: readonly Kind[] = [
    { name: 'A', examples: [] },
    { name: 'B', examples: [] },
  ]
  /** Whether the pad has ink; what is looked at is the last example where it has none. */
  drawn: Example | null = null
  learning = false
  /** Names of the classes as the model knows them; none before the first lesson. */
  taught: readonly string[] = []
  losses: readonly number[] = []
  /** The model as it is now, and as it was. */
  now: Moment | null = null
  film: readonly Moment[] = []
  /** Which moment is looked at; the last one where none is chosen. */
  chosen: number | null = null
  /** What is wrong, or how far things are. */
  message = ''
  wrong = false
  private lessons = 0
  private readonly teacher: Teacher
  private readonly listeners: (() => void)[] = []

  constructor(teacher: Teacher) {
    this.teacher = teacher
    teacher.on('step', ({ step, loss }) => {
      this.losses = [...this.losses, loss]
      this.say(`step ${step} of ${steps}, loss ${this.smooth.toFixed(2)}`)
    })
    teacher.on('answer', ({ moment }) => this.change({ now: moment }))
    teacher.on('film', ({ moments }) => this.change({ film: moments }))
    teacher.on('ended', ({ step }) => {
      this.change({ learning: false })
      const loss = this.smooth.toFixed(2)
      this.say(
        step < steps ? `stopped after ${step} steps, loss ${loss}` : `learned in ${step} steps, loss ${loss}`,
      )
    })
    teacher.on('failure', ({ text }) => {
      this.change({ learning: false })
      this.say(text, true)
    })
  }

  /** Calls `listener` now and after every change. */
  subscribe(listener: () => void): void {
    this.listeners.push(listener)
    listener()
  }

  /** The mean of the last losses, which jump from batch to batch. */
  get smooth(): number {
    const last = this.losses.slice(-15)
    return last.reduce((sum, loss) => sum + loss, 0) / last.length
  }

  /** What the model is asked about: the drawing, or else the last example. */
  get seen(): Example | null {
    return this.drawn ?? this.kinds.findLast(({ examples }) => examples.length > 0)?.examples.at(-1) ?? null
  }

  /** The moment that is looked at. */
  get moment(): Moment | null {
    return this.film.find(({ step }) => step === this.chosen) ?? this.now
  }

  draw(strokes: readonly Stroke[]): void {
    this.change({ drawn: strokes.length === 0 ? null : ofStrokes(strokes) })
    this.look()
  }

  add(kind: number, example: Example): void {
    this.edit(kind, ({ name, examples }) => ({
      ...{ name, examples: [...examples, example].slice(-most.examples) },
    }))
  }

  remove(kind: number, example: number): void {
    this.edit(kind, ({ name, examples }) => ({ name, examples: examples.toSpliced(example, 1) }))
  }

  rename(kind: number, name: string): void {
    this.edit(kind, ({ examples }) => ({ name, examples }))
  }

  addKind(): void {
    if (this.kinds.length >= most.kinds) return
    const name = [...letters].find((letter) => this.kinds.every((kind) => kind.name !== letter))!
    this.change({ kinds: [...this.kinds, { name, examples: [] }] })
  }

  removeKind(kind: number): void {
    if (this.kinds.length > 2) this.change({ kinds: this.kinds.toSpliced(kind, 1) })
  }

  /** Begins a lesson from nothing, or ends the one under way. */
  learn(): void {
    if (this.learning) {
      this.teacher.send({ kind: 'stop' })
      return
    }
    const empty = this.kinds.filter(({ examples }) => examples.length === 0)
    if (empty.length > 0) {
      const names = empty.map(({ name }) => name).join(' and ')
      this.say(`There is no example of ${names} yet: draw one, and press “${empty[0]!.name}”.`, true)
      return
    }
    this.change({
      learning: true,
      taught: this.kinds.map(({ name }) => name),
      ...{ losses: [], now: null, film: [], chosen: null },
    })
    this.look()
    this.say('the first step takes a moment')
    this.teacher.send({
      kind: 'learn',
      lesson: {
        examples: this.kinds.flatMap(({ examples }) => examples.map(({ pixels }) => pixels)),
        labels: this.kinds.flatMap(({ examples }, kind) => examples.map(() => kind)),
        classes: this.kinds.length,
        seed: ++this.lessons,
      },
    })
  }

  say(message: string, wrong = false): void {
    this.change({ message, wrong })
  }

  choose(step: number | null): void {
    this.change({ chosen: step })
  }

  change(change: Partial<Pick<School, Shown>>): void {
    Object.assign(this, change)
    for (const listener of this.listeners) listener()
  }

  private edit(kind: number, make: (before: Kind) => Kind): void {
    this.change({ kinds: this.kinds.with(kind, make(this.kinds[kind]!)) })
    this.look()
  }

  private look(): void {
    if (this.seen !== null) this.teacher.look(this.seen.pixels)
  }
}

type Shown =
  | 'kinds'
  | 'drawn'
  | 'learning'
  | 'taught'
  | 'losses'
  | 'now'
  | 'film'
  | 'chosen'
  | 'message'
  | 'wrong'
