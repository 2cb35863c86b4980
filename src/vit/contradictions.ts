/** Where a configuration and a checkpoint disagree: the tensors are right, and it is said, for a folder may hold another model's configuration. */
import type { Hints } from './hints.ts'
import type { VisionTransformerOptions } from './vision-transformer-options.ts'

const told = ['depth', 'inChans', 'patchSize', 'imgSize'] as const

/** A sentence for each entry of a configuration that the model was not made with, though nobody gave another. */
export function contradictions(
  hints: Hints,
  read: VisionTransformerOptions,
  overrides: VisionTransformerOptions,
): string[] {
  const impossible = (hints.impossible ?? []).map((entry) => {
    return `the configuration's ${entry} cannot be, and is passed over`
  })
  if (hints.embedDim !== undefined && hints.embedDim !== read.embedDim) return impossible // another model's: said already
  return [
    ...impossible,
    ...told.flatMap((option) => {
      const [said, has] = [written(option, hints[option]), written(option, read[option])]
      if (said === '' || has === '' || said === has || overrides[option] !== undefined) return []
      return [`${option} is ${said} in the configuration, and ${has} by the parameters`]
    }),
  ]
}

/** A count as it is, the sides of a patch or picture as `16×16`. */
function written(option: string, value: number | readonly [number, number] | undefined): string {
  if (value === undefined) return ''
  if (typeof value !== 'number') return value.join('×')
  return option.endsWith('Size') ? `${value}×${value}` : String(value)
}
