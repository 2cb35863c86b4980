import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ndarray from 'ndarray'
import { readImage, writePng } from 'tesserae/image'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tesserae } from './recorder.ts'

describe('tesserae patches', () => {
  let folder: string
  let photo: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tesserae-'))
    photo = join(folder, 'photo.png')
    const pixels = Uint8Array.from({ length: 9 * 12 * 3 }, (_, i) => i)
    await writeFile(photo, writePng(ndarray(pixels, [9, 12, 3])))
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('draws the mosaic where it is told to and says what it cut', async () => {
    const out = join(folder, 'out.png')
    const { code, lines } = await tesserae('patches', photo, '--patch', '4', '--gap', '1', '--out', out)
    expect(code).toBe(0)
    expect(lines).toEqual([
      `${photo}: 9×12 pixels, 2 × 3 = 6 patches of 4×4`,
      'left out: 1 rows at the bottom, 0 columns at the right',
      "'1 c (h s1) (w s2) -> 1 (h w) (s1 s2 c)': [1, 3, 8, 12] -> [1, 6, 48]",
      `drawn: ${out}`,
    ])
    const mosaic = await readImage(await readFile(out))
    expect(mosaic.shape).toEqual([1 + 2 * 5, 1 + 3 * 5, 3])
    expect(mosaic.get(1, 6, 0)).toBe(4 * 3)
  })

  test('--max-pixels counts pixels, and what is not as it should be in a file is said', async () => {
    const out = join(folder, 'limited.png')
    const refused = await tesserae('patches', photo, '--patch', '4', '--out', out, '--max-pixels', '107')
    expect(refused.code).toBe(1)
    expect(refused.notices[0]).toContain('it has more than 107 pixels (maxPixels)')
    const cut = join(folder, 'without-end.png')
    await writeFile(cut, (await readFile(photo)).subarray(0, -12))
    const { code, notices } = await tesserae(
      'patches',
      cut,
      '--patch',
      '4',
      '--out',
      out,
      '--max-pixels',
      '108',
    )
    expect(code).toBe(0)
    expect(notices).toEqual([
      `${cut}: the file ends before its last chunk, IEND, does; all its pixels are there`,
    ])
  })

  test('names are on one line, whatever stands in them', async () => {
    const name = JSON.stringify('no\n\u001b[31m.png')
    expect((await tesserae('patches', 'no\n\u001b[31m.png')).notices).toEqual([
      `tesserae patches: ${name}: no such file`,
    ])
    await rename(photo, join(folder, 'two\nlines.png'))
    const { lines } = await tesserae('patches', join(folder, 'two\nlines.png'), '--patch', '3')
    await rename(join(folder, 'two\nlines.png'), photo)
    expect(lines.filter((line) => line.includes('two\\nlines'))).toHaveLength(2)
    expect(lines).toHaveLength(3)
  })

  test('names a missing file also where its path has no folder', async () => {
    const { code, notices } = await tesserae('patches', 'nope.jpg')
    expect(code).toBe(1)
    expect(notices).toEqual(['tesserae patches: nope.jpg: no such file'])
  })

  test('draws beside the photo when it is not told where, and --json is one line', async () => {
    const { lines } = await tesserae('patches', photo, '--patch', '3', '--json')
    expect(lines).toHaveLength(1)
    const out = join(folder, 'photo.mosaic.png')
    expect(JSON.parse(lines[0]!)).toEqual({
      file: photo,
      shape: [9, 12, 3],
      patch: 3,
      rows: 3,
      columns: 4,
      left: { rows: 0, columns: 0 },
      out,
    })
    expect((await readImage(await readFile(out))).shape).toEqual([4 + 3 * 7, 4 + 4 * 7, 3])
  })

  test('a missing file, a folder, a text and a truncated picture give one line and exit code 1', async () => {
    const text = join(folder, 'text.png')
    await writeFile(text, 'this is not a picture')
    const cut = join(folder, 'cut.png')
    await writeFile(cut, (await readFile(photo)).subarray(0, 100))
    for (const [path, words] of [
      [join(folder, 'gone.png'), 'no such file'],
      [folder, 'is a folder, expected a file'],
      [text, 'not a PNG or JPEG file — it looks like text: "this is not a pi"'],
      [cut, 'the PNG file is truncated after 100 bytes'],
    ] as const) {
      const { code, lines, notices } = await tesserae('patches', path)
      expect(code).toBe(1)
      expect(lines).toEqual([])
      expect(notices).toEqual([`tesserae patches: ${path}: ${words}`])
    }
  })

  test('a drawing that cannot be written gives one line', async () => {
    const out = join(folder, 'no', 'such', 'folder.png')
    const { code, notices } = await tesserae('patches', photo, '--patch', '4', '--out', out)
    expect(code).toBe(1)
    expect(notices).toEqual([`tesserae patches: ${out}: no such folder`])
  })

  test('a drawing is a PNG, and never called otherwise or written over the photo', async () => {
    const named = await tesserae('patches', photo, '--out', join(folder, 'mosaic.jpg'))
    expect(named.notices[0]).toContain('mosaic.jpg", expected a name in .png, which is what is written')
    const before = await readFile(photo)
    const over = await tesserae('patches', photo, '--out', photo)
    expect(over.notices[0]).toBe(
      `tesserae patches: ${photo}: is the file that it is made of, expected another name`,
    )
    expect((await readFile(photo)).equals(before)).toBe(true)
  })

  test('a patch larger than the picture gives one line', async () => {
    const { notices } = await tesserae('patches', photo, '--patch', '10')
    expect(notices).toEqual(['tesserae patches: the picture of 9×12 pixels is smaller than a patch of 10×10'])
  })
})
