/** Installs the packed tarball in an empty project, as a user would, and calls it there. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

function npm(args: string[], cwd: string): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}

/** Runs a module in the project that has installed the package, and returns what it prints. */
function runIn(project: string, code: string): string {
  const file = join(project, 'main.mjs')
  writeFileSync(file, code)
  return execFileSync(process.execPath, [file], { cwd: project, encoding: 'utf8' }).trim()
}

describe('the packed tarball', () => {
  let project: string
  let packed: { filename: string; files: { path: string }[] }

  beforeAll(() => {
    if (!existsSync(join(root, 'dist/index.js')))
      throw new Error('dist is missing: run `npm run build` first')
    project = mkdtempSync(join(tmpdir(), 'tesserae-'))
    packed = JSON.parse(npm(['pack', '--ignore-scripts', '--json', '--pack-destination', project], root))[0]
    writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }')
    npm(['install', '--prefer-offline', '--no-audit', '--no-fund', join(project, packed.filename)], project)
  }, 120_000)
  afterAll(() => rmSync(project, { recursive: true, force: true }))

  test('holds the distribution and the papers, and nothing of the workshop', () => {
    const strange = packed.files
      .map((file) => file.path)
      .filter(
        (path) =>
          !/^(dist\/|README\.md$|LICENSE$|package\.json$)/.test(path) || path.startsWith('dist/tools'),
      )
    expect(strange).toEqual([])
  })

  test('rearranges an array in an empty project', () => {
    const printed = runIn(
      project,
      `import ndarray from 'ndarray'
       import { rearrange } from 'tesserae'
       const image = ndarray(new Float32Array(3 * 224 * 224).map((_, i) => i), [1, 3, 224, 224])
       const patches = rearrange(image, 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 16, s2: 16 })
       console.log(JSON.stringify([patches.shape, patches.get(0, 15, 1), patches.dtype]))`,
    )
    // patch 15 is row 1, column 1; element 1 of a patch is its first pixel in channel 1
    expect(JSON.parse(printed)).toEqual([[1, 196, 768], 224 * 224 + 16 * 224 + 16, 'float32'])
  })

  test('runs the layers in an empty project', () => {
    const printed = runIn(
      project,
      `import ndarray from 'ndarray'
       import { ViT } from 'tesserae/nn'
       import { readSafetensors, writeSafetensors } from 'tesserae/checkpoint'
       const model = new ViT({ imageSize: 28, inChannels: 1, embedDim: 20, patchSize: 7, numHeads: 4, numEncoders: 1, numClasses: 10, expansion: 2, dropout: 0 })
       const bytes = writeSafetensors(model.stateDict())
       model.loadStateDict(readSafetensors(bytes))
       console.log(JSON.stringify(model.forward(ndarray(new Float32Array(2 * 784), [2, 1, 28, 28])).shape))`,
    )
    expect(JSON.parse(printed)).toEqual([2, 10])
  })

  test('brings its command along', () => {
    const command = join(project, 'node_modules/.bin/tesserae')
    const args = [
      'explain',
      'b c (h s1) (w s2) -> b (h w) (s1 s2 c)',
      '--shape',
      '1,3,224,224',
      '--axes',
      's1=16,s2=16',
    ]
    const printed = execFileSync(command, args, { cwd: project, encoding: 'utf8' })
    expect(printed).toContain('[1, 196, 768]')
  })
})
