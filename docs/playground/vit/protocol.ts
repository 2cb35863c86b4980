/** What the page and its reader, a worker, say to each other. */
import type { Levers } from '../model/vit/levers.ts'
import type { Trace, Weights } from '../model/vit/trace.ts'

/** Weights of every layer, each [heads, n, n], and what reached each token through all of them, [n, n]. */
export interface Looks {
  readonly layers: readonly Float32Array[]
  readonly rollout: Float32Array
  readonly heads: number
  readonly tokens: number
}

export type Request =
  | { readonly kind: 'trace'; readonly id: number; readonly pixels: Float32Array; readonly levers: Levers }
  | {
      readonly kind: 'weights'
      readonly file: File
      /** What is said about the model beside its weights, by the names of the files. */
      readonly configurations: Readonly<Record<string, string>>
    }
  | { readonly kind: 'photo'; readonly file: Blob }

export interface PhotoReply {
  readonly kind: 'photo'
  /** What the model saw, four bytes a pixel. */
  readonly pixels: Uint8ClampedArray
  readonly size: readonly [height: number, width: number]
  /** Patches along each side. */
  readonly grid: readonly [rows: number, columns: number]
  /** Tokens before the patches: class and registers. */
  readonly prefix: number
  /** Patch embeddings, [rows × columns, width]. */
  readonly embedding: Float32Array
  readonly width: number
  readonly logits: Float32Array
  readonly looks: Looks
  readonly milliseconds: number
  /** Whether the graphics card answered. */
  readonly onCard: boolean
}

export type Reply =
  | { readonly kind: 'ready'; readonly weights: Weights; readonly milliseconds: number }
  | {
      readonly kind: 'trace'
      readonly id: number
      readonly trace: Trace
      /** Of the model's forward alone. */
      readonly milliseconds: number
    }
  | PhotoReply
  | { readonly kind: 'progress'; readonly text: string; readonly part: number }
  | { readonly kind: 'model'; readonly text: string; readonly labels: readonly string[] }
  | { readonly kind: 'failure'; readonly of: Request['kind'] | 'start'; readonly text: string }
