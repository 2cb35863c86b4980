/** The state of the story: what is drawn, which levers are pulled, what is looked at; and everyone who shows it. */
import { rasterize, type Stroke, side } from '../model/digit.ts'
import { type Levers, untouched } from '../model/vit/levers.ts'
import type { Trace, Weights } from '../model/vit/trace.ts'
import type { Reader } from './reader.ts'

/** What is looked at; token 0 is the class token, and patches count from 1. */
export interface Focus {
  readonly token: number
  readonly layer: number
  readonly head: number
  /** One of the hundred numbers of a token. */
  readonly feature: number
  readonly digit: number
}

export interface Shown {
  readonly trace: Trace
  readonly weights: Weights
  readonly focus: Focus
  readonly levers: Levers
  /** Whether there is any ink. */
  readonly blank: boolean
  /** What the model took to answer. */
  readonly milliseconds: number
}

export class Story {
  strokes: readonly Stroke[] = []
  focus: Focus = { token: 6, layer: 1, head: 0, feature: 12, digit: -1 }
  levers: Levers = untouched
  private weights: Weights | null = null
  private trace: Trace | null = null
  private milliseconds = 0
  private readonly reader: Reader
  private readonly listeners: ((shown: Shown) => void)[] = []

  constructor(reader: Reader) {
    this.reader = reader
    reader.on('ready', ({ weights }) => {
      this.weights = weights
    })
    reader.on('trace', ({ trace, milliseconds }) => {
      this.trace = trace
      this.milliseconds = milliseconds
      this.tell()
    })
  }

  /** Calls `listener` whenever there is something new to show. */
  subscribe(listener: (shown: Shown) => void): void {
    this.listeners.push(listener)
    if (this.shown !== null) listener(this.shown)
  }

  get shown(): Shown | null {
    const { trace, weights, focus, levers, milliseconds, blank } = this
    if (trace === null || weights === null) return null
    return { trace, weights, focus, levers, milliseconds, blank }
  }

  private get blank(): boolean {
    return this.strokes.every((stroke) => stroke.length === 0)
  }

  draw(strokes: readonly Stroke[]): void {
    this.strokes = strokes
    this.ask()
  }

  look(focus: Partial<Focus>): void {
    this.focus = { ...this.focus, ...focus }
    this.tell()
  }

  pull(levers: Partial<Levers>): void {
    this.levers = { ...this.levers, ...levers }
    this.ask()
  }

  /** Everything is computed again, by the worker. */
  ask(): void {
    const pixels = this.blank ? new Float32Array(side * side) : rasterize(this.strokes)
    this.reader.follow(pixels, this.levers)
  }

  /** Shows the same again, as after a change of colours. */
  tell(): void {
    const { shown } = this
    if (shown !== null) for (const listener of this.listeners) listener(shown)
  }
}

/** `the class token`, or `patch 7`. */
export function nameOf(token: number): string {
  return token === 0 ? 'the class token' : `patch ${token}`
}
