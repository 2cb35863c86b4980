/** From a picture's file to a model's input: what each worker does, and the calling thread where there are none. */
import { readFile } from 'node:fs/promises'
import { minSizeFor, type PreprocessOptions, preprocess } from '../image/preprocess.ts'
import { readImage } from '../image/read.ts'
import { faultOf } from './fault.ts'

/** How pictures are decoded and prepared. */
export interface Decoding {
  readonly view: PreprocessOptions
  readonly decoder?: 'auto' | 'own' | undefined
  readonly maxPixels?: number | undefined
}

/** A prepared picture [1, c, h, w], or why there is none. */
export type Decoded =
  | { readonly data: Float32Array; readonly shape: readonly number[]; readonly warnings: readonly string[] }
  | { readonly fault: string }

/** Reads, decodes and prepares one picture. */
export async function decodeFile(path: string, { view, decoder, maxPixels }: Decoding): Promise<Decoded> {
  try {
    const image = await readImage(await readFile(path), { minSize: minSizeFor(view), decoder, maxPixels })
    const { data, shape } = preprocess(image, view)
    return { data, shape, warnings: image.warnings }
  } catch (error) {
    const fault = faultOf(error)
    if (fault === undefined) throw error
    return { fault }
  }
}
