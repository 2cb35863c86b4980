/** Running things in the project that has installed the package. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'vitest'

/** Writes a file into the project and returns its path. */
export function write(name: string, text: string): string {
  const path = join(inject('project'), name)
  writeFileSync(path, text)
  return path
}

/** Runs a program in the project and returns what it prints; what it says on stderr is part of the error if it fails. */
export function run(program: string, args: readonly string[], cwd: string = inject('project')): string {
  try {
    return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    throw new Error(`${program} ${args.join(' ')}\n${stdout ?? ''}\n${stderr ?? ''}`)
  }
}

const executables = new Map<string, string>()

/** The executable of a Node version; others than the running one come from the npm package `node`. */
export function node(version: string): string {
  if (process.versions.node.startsWith(`${version}.`)) return process.execPath
  let path = executables.get(version)
  if (path === undefined) {
    path = run('npx', ['--yes', '--prefer-offline', `node@${version}`, '-p', 'process.execPath'])
    executables.set(version, path)
  }
  return path
}

/** A module that computes something through every entry point and prints it; `load` says how each is imported. */
export function everyEntry(load: (entry: string, names: string) => string): string {
  return `
${load('ndarray', 'ndarray')}
${load('tesserae', '{ rearrange, einsum, EinopsError }')}
${load('tesserae/nn', '{ ViT }')}
${load('tesserae/checkpoint', '{ readSafetensors, writeSafetensors }')}
${load('tesserae/image', '{ IMAGENET_MEAN }')}
${load('tesserae/adapters', '{ toDims }')}
const image = ndarray(Float32Array.from({ length: 3 * 224 * 224 }, (_, i) => i), [1, 3, 224, 224])
const patches = rearrange(image, 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 16, s2: 16 })
const ones = ndarray(new Float32Array(768).fill(1), [768])
const sums = einsum([patches, ones], 'b n d, d -> b n')
const model = new ViT({ imageSize: 28, inChannels: 1, embedDim: 20, patchSize: 7, numHeads: 4, numEncoders: 1, numClasses: 10, expansion: 2, dropout: 0 })
model.loadStateDict(readSafetensors(writeSafetensors(model.stateDict())))
const logits = model.forward(ndarray(new Float32Array(2 * 784), [2, 1, 28, 28]))
let code
try { rearrange(image, 'b c -> c b') } catch (error) { code = error instanceof EinopsError }
console.log(JSON.stringify({
  patches: patches.shape, corner: patches.get(0, 15, 1), sum: sums.get(0, 0) === patchSum(image), logits: logits.shape,
  mean: IMAGENET_MEAN.length, dims: toDims(patches).dims, refused: code,
}))
function patchSum(image) {
  let sum = 0
  for (let c = 0; c < 3; c++) for (let y = 0; y < 16; y++) for (let x = 0; x < 16; x++) sum += image.get(0, c, y, x)
  return Math.fround(sum)
}`
}

/** What that module prints: patch 15 is row 1, column 1; element 1 of a patch is its first pixel in channel 1. */
export const everyEntryPrints = {
  patches: [1, 196, 768],
  corner: 224 * 224 + 16 * 224 + 16,
  sum: true,
  logits: [2, 10],
  mean: 3,
  dims: [1, 196, 768],
  refused: true,
}
