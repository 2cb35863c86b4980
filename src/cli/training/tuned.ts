/** A checkpoint's model with another head, and the file that it becomes. */
import { writeSafetensors } from '../../checkpoint/write.ts'
import type { Linear } from '../../nn/linear.ts'
import { metadataOf } from '../../vit/own.ts'
import type { Preparation } from '../../vit/preparation.ts'
import { VisionTransformer } from '../../vit/vision-transformer.ts'
import { writeWhole } from '../files.ts'

/** The model with this head; the old one is not to be used any more. */
export function withHead(model: VisionTransformer, head: Linear): VisionTransformer {
  const { weight, bias } = head.stateDict() as { weight: never; bias: never }
  const others = Object.entries(model.stateDict()).filter(([name]) => !/^head(_dist)?\./.test(name))
  const own = { 'head.weight': weight, 'head.bias': bias }
  const second =
    model.options.distilled === true ? { 'head_dist.weight': weight, 'head_dist.bias': bias } : {}
  const { options } = model
  model.dispose()
  return VisionTransformer.fromStateDict(
    { ...Object.fromEntries(others), ...own, ...second },
    { ...options, numClasses: head.outFeatures },
  )
}

/** Writes the model with the names of its classes and the preparation of its pictures. What was assumed of both is so from now on, since it has learned with it. */
export async function saveTuned(
  path: string,
  model: VisionTransformer,
  { classes, view }: { readonly classes: readonly string[]; readonly view: Preparation },
): Promise<void> {
  const { assumed: _, ...preparation } = view
  const about = metadataOf(model, { labels: classes, preparation, guesses: [] })
  await writeWhole(path, writeSafetensors(model.stateDict(), about))
}
