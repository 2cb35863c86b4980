import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeSafetensors } from 'tesserae/checkpoint'
import { VisionTransformer } from 'tesserae/nn'
import { describe, expect, test } from 'vitest'
import { commands } from '../../src/cli/commands.ts'
import { tesserae } from './recorder.ts'

const patches = 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)'

describe('tesserae explain', () => {
  test("shows the documents' pattern: lengths, strides, and that it is a copy", async () => {
    const { code, lines } = await tesserae(
      'explain',
      patches,
      '--shape',
      '1,3,224,224',
      '--axes',
      's1=16,s2=16',
    )
    expect(code).toBe(0)
    expect(lines.slice(0, 3)).toEqual([
      `rearrange '${patches}'`,
      'input   [1, 3, 224, 224]  float32  strides [150528, 50176, 224, 1]',
      'result  [1, 196, 768]     float32  strides [150528, 768, 1]',
    ])
    expect(lines).toContain('h = 14   stride 3584')
    expect(lines).toContain('new elements: 602112 bytes are written')
  })

  test('shows the steps of a model, blocks that repeat once, and what was assumed', async () => {
    const model = new VisionTransformer({
      imgSize: 8,
      patchSize: 4,
      embedDim: 64,
      depth: 2,
      numHeads: 1,
      numClasses: 3,
    })
    const folder = mkdtempSync(join(tmpdir(), 'tesserae-explain-'))
    const path = join(folder, 'model.safetensors')
    try {
      writeFileSync(path, writeSafetensors(model.stateDict()))
      const { code, lines } = await tesserae('explain', '--model', path, '--shape', '5,3,8,8')
      expect(code).toBe(0)
      const text = lines.join('\n').split('\n')
      expect(text[0]).toBe('VisionTransformer: [5, 3, 8, 8] float32 -> [5, 3]')
      expect(text.filter((line) => line.trim().endsWith('EncoderBlock')).length).toBe(2)
      expect(text.at(-1)).toMatch(/^assumed: /)
      const wrong = await tesserae('explain', '--model', path, '--shape', '5,3,8,9')
      expect(wrong.code).toBe(1)
      expect(wrong.notices.join()).toMatch(/8\*9/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('explains einsum of several shapes, found by the comma', async () => {
    const pattern = 'b c (h s1) (w s2), d (s1 s2 c) -> b (h w) d'
    const { code, lines } = await tesserae(
      ...['explain', pattern, '--shape', '8,3,224,224', '--shape', '768,768', '--axes', 's1=16,s2=16'],
    )
    expect(code).toBe(0)
    expect(lines[0]).toBe(`einsum '${pattern}'`)
    expect(lines.join('\n')).toContain('result  [8, 196, 768]')
  })

  test('--json is one line with the same facts', async () => {
    const { lines } = await tesserae('explain', 'h w -> w h', '--shape', '2,3', '--json')
    expect(lines).toHaveLength(1)
    const facts = JSON.parse(lines[0]!) as Record<string, unknown>
    expect(facts).toMatchObject({
      operation: 'rearrange',
      view: true,
      bytesMoved: 0,
      result: { shape: [3, 2], stride: [1, 3] },
    })
  })

  test('a wrong pattern is shown with carets', async () => {
    const { code, lines, notices } = await tesserae('explain', 'a b -> a a b', '--shape', '2,3')
    expect(code).toBe(1)
    expect(lines).toEqual([])
    expect(notices[0]).toMatch(/^rearrange: /)
    expect(notices.join('\n')).toContain('^')
  })

  test.each<[string, string[], string]>([
    ['without a pattern', ['--shape', '2,3'], 'a pattern in quotes is missing'],
    ['without a shape', ['a -> a'], '--shape is missing'],
    [
      'with two patterns',
      ['a', 'b', '--shape', '1'],
      'one operand is expected, a pattern in quotes — got 2: a b',
    ],
    [
      'with a shape that is no list',
      ['a -> a', '--shape', '2x3'],
      '--shape is "2x3", expected an integer from 0',
    ],
    [
      'with lengths that are none',
      ['a -> a', '--shape', '2', '--axes', 's1'],
      '--axes is "s1", expected name=length',
    ],
    ['with an axis twice', ['a -> a', '--shape', '2', '--axes', 'a=1,a=2'], '--axes names an axis twice'],
    ['with an unknown operation', ['a -> a', '--shape', '2', '--operation', 'sort'], '--operation is "sort"'],
    [
      'with an unknown option',
      ['a -> a', '--shap', '2'],
      "unknown option '--shap' — did you mean '--shape'?",
    ],
  ])('%s gives one line and exit code 1', async (_, args, words) => {
    const { code, lines, notices } = await tesserae('explain', ...args)
    expect(code).toBe(1)
    expect(lines).toEqual([])
    expect(notices).toHaveLength(1)
    expect(notices[0]).toContain(`tesserae explain: ${words}`)
  })
})

describe('tesserae', () => {
  test('alone, and with --help, shows its commands', async () => {
    for (const args of [[], ['--help'], ['help']]) {
      const { code, lines } = await tesserae(...args)
      expect(code).toBe(0)
      expect(lines.filter((line) => /^ {2}tesserae (explain|patches|classify) /.test(line))).toHaveLength(3)
    }
  })

  test('a command with --help shows its options', async () => {
    for (const args of [
      ['classify', '--help'],
      ['help', 'classify'],
    ]) {
      expect((await tesserae(...args)).lines.join('\n')).toContain('--labels FILE')
    }
  })

  test('--version is the version of the package', async () => {
    const { lines } = await tesserae('--version')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^\d+\.\d+\.\d+$/)
  })

  test('an unknown command is refused with the known ones and the one that was meant', async () => {
    const { code, notices } = await tesserae('clasify')
    expect(code).toBe(1)
    expect(notices).toEqual([
      `tesserae: there is no command "clasify", expected ${Object.keys(commands).join(', ')}`,
      "  hint:    did you mean 'classify'?",
    ])
  })
})
