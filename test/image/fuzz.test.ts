/** Pictures that nobody took: whatever the bytes, `readImage` gives a picture or an `ImageError`, soon. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { ImageError, readImage } from 'tesserae/image'
import { expect, test } from 'vitest'
import { chunk, pngOf } from './png-files.ts'

/** Small, so that a changed header cannot ask for much work. */
const maxPixels = 2 ** 14

async function readOrRefuse(file: Uint8Array, minSize?: number): Promise<void> {
  try {
    const image = await readImage(file, { maxPixels, minSize })
    expect(image.data.length).toBe(image.shape.reduce((a, b) => a * b, 1))
  } catch (error) {
    if (!(error instanceof ImageError)) throw error
    expect(error.message).not.toContain('\n')
    expect(error.message.length).toBeLessThan(400)
  }
}

const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 5 })

/** The file with some bytes changed, beginning with the third so that its kind is still recognised, and cut off. */
function changed(file: Uint8Array, changes: [number, number][], cut: number): Uint8Array {
  const copy = Uint8Array.from(file)
  for (const [at, byte] of changes) copy[3 + (at % (file.length - 3))] = byte
  return copy.subarray(0, file.length - (cut % 2 === 0 ? 0 : cut % file.length))
}

const pillow = JSON.parse(readFileSync(new URL('pillow-jpeg.json', import.meta.url), 'utf8')) as {
  cases: { name: string; file: string }[]
}

test.each(pillow.cases.slice(0, 7))(
  'any change of a JPEG ($name) is read or refused',
  async ({ file }) => {
    const bytes = new Uint8Array(Buffer.from(file, 'base64'))
    await fc.assert(
      fc.asyncProperty(edits, fc.nat(), (changes, cut) => readOrRefuse(changed(bytes, changes, cut))),
      { numRuns: 150 },
    )
  },
  60_000,
)

const libjpeg = JSON.parse(readFileSync(new URL('libjpeg.json', import.meta.url), 'utf8')) as typeof pillow

test.each(libjpeg.cases.filter(({ name }) => /restart|three scans|3x2|damaged 0/.test(name)).slice(0, 9))(
  'any change of a JPEG with $name is read or refused, at every scale',
  async ({ file }) => {
    const bytes = new Uint8Array(Buffer.from(file, 'base64'))
    const minSize = fc.constantFrom(undefined, 1, 4, 8, 16)
    await fc.assert(
      fc.asyncProperty(edits, fc.nat(), minSize, (changes, cut, least) =>
        readOrRefuse(changed(bytes, changes, cut), least),
      ),
      { numRuns: 100 },
    )
  },
  60_000,
)

/** A PNG's checksums made right again, so that changes reach the code behind them. */
function withChecksums(file: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [file.subarray(0, 8)]
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  for (let at = 8; at + 12 <= file.length; ) {
    const length = view.getUint32(at)
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8))
    if (at + 12 + length > file.length) break
    parts.push(chunk(type, file.subarray(at + 8, at + 8 + length)))
    at += 12 + length
  }
  return Buffer.concat(parts)
}

test.each([
  [0, 8, false],
  [0, 1, true],
  [2, 16, true],
  [3, 4, true],
  [6, 8, false],
])(
  'any change of a PNG of colour type %i with %i bits is read or refused',
  async (colorType, depth, interlaced) => {
    const palette = Array.from({ length: 48 }, (_, i) => 5 * i)
    const options = { width: 9, height: 7, depth, colorType, interlaced, ...(colorType === 3 && { palette }) }
    const file = pngOf(options, (y, x, s) => (y * 5 + x * 3 + s) % 2 ** depth)
    await fc.assert(
      fc.asyncProperty(edits, fc.nat(), async (changes, cut) => {
        const other = changed(file, changes, cut)
        await readOrRefuse(other)
        await readOrRefuse(withChecksums(other))
      }),
      { numRuns: 200 },
    )
  },
  60_000,
)

test('any bytes are refused', async () => {
  const start = fc.constantFrom([], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], [0xff, 0xd8, 0xff])
  await fc.assert(
    fc.asyncProperty(start, fc.uint8Array({ maxLength: 300 }), (head, rest) =>
      readOrRefuse(Uint8Array.from([...head, ...rest])),
    ),
    { numRuns: 500 },
  )
})
