/** The installed package's types, as users' compilers read them: TypeScript 5.9 and 7, `nodenext` and `bundler`, strict, libraries checked. */
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { run, write } from './project.ts'

const compilers = {
  '5.9': fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url)),
  '7': fileURLToPath(new URL('../../node_modules/typescript-7/bin/tsc', import.meta.url)),
}

const resolutions = {
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
}

const program = `
import ndarray from 'ndarray'
import type { NdArray } from 'ndarray'
import { einsum, EinopsError, pack, parseShape, rearrange, reduce, repeat, unpack } from 'tesserae'
import { toDims } from 'tesserae/adapters'
import { readSafetensors, writeSafetensors } from 'tesserae/checkpoint'
import { IMAGENET_MEAN, readImage } from 'tesserae/image'
import { load } from 'tesserae/compiled'
import { Module, PatchEmbed, ViT } from 'tesserae/nn'
import { toOnnx } from 'tesserae/onnx'
import { type FitOptions, fit } from 'tesserae/train'
import { gpu } from 'tesserae/webgpu'

const image = ndarray(new Float32Array(3 * 32 * 32), [1, 3, 32, 32])
const patches: NdArray<Float32Array> = rearrange(image, 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 16, s2: 16 })
const pooled: NdArray = reduce(image, 'b c h w -> b c', 'mean')
const grey: NdArray = repeat(pooled, 'b c -> b c k', { k: 3 })
const scores: NdArray = einsum([patches, patches], 'b i d, b j d -> b i j')
const { b, c }: { b: number; c: number } = parseShape(image, 'b c _ _')
const [packed, shapes] = pack([image, image], '* h w')
const parts: NdArray[] = unpack(packed, shapes, '* h w')
const model: Module = new ViT({ imageSize: 28, inChannels: 1, embedDim: 20, patchSize: 7, numHeads: 4, numEncoders: 1, numClasses: 10, expansion: 2, dropout: 0 })
const embed = new PatchEmbed({ imgSize: 32, patchSize: 16 })
model.loadStateDict(readSafetensors(writeSafetensors(model.stateDict())))
const means: readonly number[] = IMAGENET_MEAN
const read: Promise<NdArray<Uint8Array>> = readImage(new Uint8Array())
const dims: readonly number[] = toDims(patches).dims
const options: FitOptions = { epochs: 2 }
export { b, c, dims, embed, fit, gpu, grey, load, means, options, parts, read, scores, toOnnx, EinopsError }
`

const mistake = `
import ndarray from 'ndarray'
import { rearrange } from 'tesserae'
export const wrong = rearrange(ndarray(new Float32Array(6), [2, 3]), 'h w -> w c')
`

function compile(compiler: string, options: object, file: string, lib = ['es2022', 'dom']): string {
  const config = {
    compilerOptions: {
      ...options,
      target: 'es2022',
      lib,
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      noEmit: true,
    },
    files: [file],
  }
  return run(process.execPath, [compiler, '-p', write('tsconfig.json', JSON.stringify(config))])
}

describe.each(Object.entries(compilers))('TypeScript %s', (_, compiler) => {
  describe.each(Object.entries(resolutions))('under %s', (_, options) => {
    beforeAll(() => {
      write('program.ts', program)
      write('mistake.ts', mistake)
    })

    test('a program that uses every entry point compiles', () => {
      expect(compile(compiler, options, 'program.ts')).toBe('')
    })

    test('the declarations need no library of the DOM, and no types of Node', () => {
      expect(compile(compiler, options, 'program.ts', ['es2022'])).toBe('')
    })

    test('a mistake in a pattern is a compile error that names it', () => {
      expect(() => compile(compiler, options, 'mistake.ts')).toThrow(
        "axis 'h' is only on the left — got no 'h' on the right",
      )
    })
  })
})
