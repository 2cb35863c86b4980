/** The main job as a user runs it: `npm start` in a process of its own, on the built package. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ndarray from 'ndarray'
import { readImage, writePng } from 'tesserae/image'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const program = fileURLToPath(new URL('../../dist/tools/start.js', import.meta.url))

describe('npm start', () => {
  let folder: string
  const start = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
      cwd: folder,
      encoding: 'utf8',
    })
    return { status, lines: stdout.trimEnd().split('\n'), complaint: stderr }
  }
  beforeAll(() => {
    if (!existsSync(program)) throw new Error('dist is missing: run `npm run build` first')
    folder = mkdtempSync(join(tmpdir(), 'tesserae-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('reads at least nine of the ten drawn digits, shows every shape of document 1 and draws the sheet', async () => {
    const { status, lines, complaint } = start()
    expect(complaint).toBe('')
    expect(status).toBe(0)
    const text = lines.join('\n')
    for (const shape of ['[28, 280, 1]', '[10, 1, 28, 28]', '[10, 16, 49]', '[10, 17, 100]', '[10, 10]']) {
      expect(text).toContain(shape)
    }
    expect(text).toContain('a view: nothing moves')
    const answers = lines.flatMap(
      (line) => /^digit (\d+) +(\d) .* ([\d.]+) %$/.exec(line)?.slice(1).map(Number) ?? [],
    )
    expect(answers).toHaveLength(30)
    const right = Array.from({ length: 10 }, (_, i) => answers[3 * i + 1] === i).filter(Boolean)
    expect(right.length).toBeGreaterThanOrEqual(9)
    expect(Math.min(...Array.from({ length: 10 }, (_, i) => answers[3 * i + 2]!))).toBeGreaterThan(50)
    const sheet = await readImage(readFileSync(join(folder, 'digits.mosaic.png')))
    expect(sheet.shape[2]).toBe(3)
    expect(new Set(sheet.data).size).toBeGreaterThan(100)
  })

  test('embeds a photo as document 4 does, draws its patches and says that the embedding is untrained', async () => {
    const photo = join(folder, 'photo.png')
    writeFileSync(
      photo,
      writePng(
        ndarray(
          Uint8Array.from({ length: 90 * 120 * 3 }, (_, i) => i),
          [90, 120, 3],
        ),
      ),
    )
    const { status, lines } = start(photo)
    expect(status).toBe(0)
    const text = lines.join('\n')
    for (const shape of ['[90, 120, 3]', '[1, 3, 224, 224]', '[1, 196, 768]', '[1, 197, 768]'])
      expect(text).toContain(shape)
    expect(text).toContain('This embedding is untrained')
    const mosaic = await readImage(readFileSync(join(folder, 'photo.mosaic.png')))
    expect(mosaic.shape).toEqual([6 + 14 * (32 + 6) + 92, 6 + 14 * (32 + 6), 3])
    expect(text).toContain('Notice how little one of them says by itself')
  })

  test('a missing file, a truncated PNG, a text named .png and wrong weights each give one line and exit code 1', () => {
    const whole = writePng(ndarray(new Uint8Array(40 * 40 * 3), [40, 40, 3]))
    writeFileSync(join(folder, 'cut.png'), whole.subarray(0, whole.length - 30))
    writeFileSync(join(folder, 'text.png'), 'not a picture at all')
    writeFileSync(join(folder, 'text.safetensors'), 'not a checkpoint at all')
    const cases: [string[], string][] = [
      [['gone.png'], 'gone.png: no such file'],
      [['cut.png'], 'cut.png: readImage: the PNG file is truncated'],
      [['text.png'], 'text.png: readImage: not a PNG or JPEG file'],
      [['--weights', 'text.safetensors'], 'text.safetensors: not a safetensors file'],
      [['--weights', 'gone.safetensors'], 'gone.safetensors: no such file'],
      [['one.png', 'two.png'], 'one picture is expected, got 2'],
    ]
    for (const [args, words] of cases) {
      const { status, complaint } = start(...args)
      expect(status).toBe(1)
      expect(complaint.trimEnd().split('\n')).toHaveLength(1)
      expect(complaint).toContain(words)
    }
  })
})
