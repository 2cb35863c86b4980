/** `tesserae patches`: a picture cut into patches, drawn apart. */
import { drawMosaic } from '../../image/draw.ts'
import { given, integer, onlyOperand, pngName, readArguments } from '../arguments.ts'
import { besides, decodePicture, expectPlace, readBytes, shown, writePicture } from '../files.ts'
import type { Output } from '../output.ts'

export async function runPatches(args: readonly string[], output: Output): Promise<void> {
  const { values, positionals } = readArguments(args, {
    patch: { type: 'string', default: '16' },
    out: { type: 'string' },
    gap: { type: 'string', default: '4' },
    scale: { type: 'string', default: '1' },
    'max-pixels': { type: 'string' },
    json: { type: 'boolean' },
  })
  const path = onlyOperand(positionals, 'a picture')
  const patch = integer(values.patch, '--patch', 1)
  const gap = integer(values.gap, '--gap', 0)
  const scale = integer(values.scale, '--scale', 1)
  const out = given(values.out, (text) => pngName(text, '--out')) ?? besides(path, 'mosaic')
  await expectPlace(out, path)

  const maxPixels = given(values['max-pixels'], (text) => integer(text, '--max-pixels', 1))
  const picture = await decodePicture(path, await readBytes(path), { maxPixels }, output)
  await writePicture(out, await drawMosaic(picture, { patch, gap, scale }))
  const [height, width, channels] = picture.shape as [number, number, number]
  const [rows, columns] = [Math.floor(height / patch), Math.floor(width / patch)]
  const left = { rows: height % patch, columns: width % patch }
  if (values.json) {
    output.json({ file: path, shape: [height, width, channels], patch, rows, columns, left, out })
    return
  }
  output.line(
    `${shown(path)}: ${height}×${width} pixels, ${rows} × ${columns} = ${rows * columns} patches of ${patch}×${patch}`,
  )
  if (left.rows > 0 || left.columns > 0) {
    output.line(`left out: ${left.rows} rows at the bottom, ${left.columns} columns at the right`)
  }
  output.line(
    `'1 c (h s1) (w s2) -> 1 (h w) (s1 s2 c)': [1, ${channels}, ${rows * patch}, ${columns * patch}] -> [1, ${rows * columns}, ${patch * patch * channels}]`,
  )
  output.line(`drawn: ${shown(out)}`)
}
