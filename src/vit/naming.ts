/** The naming schemes that are known, and which one a checkpoint's names are of, whatever stands before them. */

import { aimv2, aimv2Model, clip, openai } from './names/clip.ts'
import { dinov3, huggingface, huggingfaceWritings } from './names/huggingface.ts'
import type { Scheme, Writing } from './names/row.ts'
import { timm } from './names/timm.ts'
import { torch, torchvision, torchvisionWritings, torchWritings } from './names/torchvision.ts'
import { vitPytorch, vitPytorchWritings } from './names/vit-pytorch.ts'

export const namings = ['timm', 'huggingface', 'torchvision', 'torch', 'vit-pytorch', 'openai'] as const

/** Whose names: `'openai'` are those of OpenAI's CLIP, open_clip and the Perception Encoder, which are only read. */
export type Naming = (typeof namings)[number]

/** The namings as a sentence lists them. */
export const namingList = 'timm, Hugging Face, torchvision, torch, vit-pytorch or OpenAI'

export const schemes: Readonly<Record<Naming, readonly Scheme[]>> = {
  timm: [timm],
  huggingface: [huggingface, dinov3, clip, aimv2, aimv2Model],
  torchvision: [torchvision],
  torch: [torch],
  'vit-pytorch': [vitPytorch],
  openai: [openai],
}

/** How names are written; timm's are those of the models. */
export const writings: Readonly<Partial<Record<Naming, readonly Writing[]>>> = {
  huggingface: huggingfaceWritings,
  torchvision: torchvisionWritings,
  torch: torchWritings,
  'vit-pytorch': vitPytorchWritings,
}

/** A scheme, and what stands before its names. */
export interface Found {
  readonly naming: Naming
  readonly scheme: Scheme
  /** What training or a larger model has put before the names: `module.`, `student.backbone.`. */
  readonly wrapper: string
  /** What the library has there: `vit.`. */
  readonly prefix: string
}

/** Which scheme a checkpoint's names are of; undefined when none has its landmark among them. */
export function schemeOf(names: Iterable<string>): Found | undefined {
  const list = [...names]
  for (const naming of namings) {
    for (const scheme of schemes[naming]) {
      const marks = list.flatMap((name) => {
        const before = scheme.landmark.exec(name)
        return before === null ? [] : [name.slice(0, before.index)]
      })
      const whole = marks.filter((before) => before === '' || before.endsWith('.'))
      // a teacher's average answers better than the student that is trained after it
      const before = whole.find((before) => /teacher|ema/.test(before)) ?? whole[0]
      if (before !== undefined) return { naming, scheme, ...apart(before, scheme) }
    }
  }
  return undefined
}

function apart(before: string, { prefixes }: Scheme): { readonly wrapper: string; readonly prefix: string } {
  const prefix = prefixes.find((own) => before.endsWith(own)) ?? ''
  return { wrapper: before.slice(0, before.length - prefix.length), prefix }
}

/** The scheme of a naming that names speak of most, though they may be no whole model's. */
export function schemeOfNaming(naming: Naming, names: readonly string[]): Found {
  const found = schemeOf(names)
  if (found?.naming === naming) return found
  const [scheme] = schemes[naming] as [Scheme]
  const isPrefix = (own: string) => names.some((name) => name.startsWith(own))
  return { naming, scheme, wrapper: '', prefix: scheme.prefixes.find(isPrefix) ?? '' }
}
