/**
 * JPEG pictures where there is no WebAssembly, by jpeg-js, which decodes to components; the colours of the usual three are
 * made here. It is given a file of only what a decoder needs, in order: what the segments were found to say.
 */
import { materialize } from '../copy/copy.ts'
import { contiguous, slice } from '../layout/layout.ts'
import { convertToRgb } from './chroma.ts'
import { damaged, truncated } from './error.ts'
import type { Colors } from './jpeg-decoder.ts'
import type { Scan, Segments } from './jpeg-segments.ts'
import { upright } from './orientation.ts'
import type { Picture } from './picture.ts'

/** Decodes a JPEG file at its full size. */
export async function decodePlainly(bytes: Uint8Array, segments: Segments, colors: Colors): Promise<Picture> {
  const { default: decode } = await import('jpeg-js/lib/decoder.js') // loaded only where it is needed
  const { frame, orientation, isWhole } = segments
  const { width, height, components } = frame
  let data: Uint8Array
  try {
    const file = rewrite(bytes, segments, colors)
    data = decode(file, {
      useTArray: true,
      formatAsRGBA: false,
      colorTransform: false,
      tolerantDecoding: true, // a last restart interval may be shorter than the others
      maxResolutionInMP: Number.POSITIVE_INFINITY, // checked before
      maxMemoryUsageInMB: 64 + (24 * width * height) / 2 ** 20,
    }).data
  } catch (cause) {
    if (!isWhole) throw truncated('JPEG', bytes.length)
    throw damaged('JPEG', 'its pixels do not decompress', cause)
  }
  if (colors === 'ycc') {
    const most = [
      Math.max(...components.map((c) => c.columns)),
      Math.max(...components.map((c) => c.rows)),
    ] as const
    const sampling = components.map((c) => ({ columns: most[0] / c.columns, rows: most[1] / c.rows }))
    convertToRgb(data, frame, sampling)
  }
  const rgb = { ...contiguous([height, width, 3]), data }
  const image = components.length === 1 ? materialize({ data, ...slice(rgb, 2, 0, 1) }) : rgb
  return { image: upright(image, orientation), warnings: [] }
}

/** The file with nothing but tables, frame and scans. */
function rewrite(bytes: Uint8Array, { frame, scans, adobe }: Segments, colors: Colors): Uint8Array {
  const pieces: Uint8Array[] = [Uint8Array.of(0xff, 0xd8)]
  const segment = (marker: number, content: readonly number[]) => {
    const length = content.length + 2
    pieces.push(Uint8Array.of(0xff, marker, length >> 8, length & 255, ...content))
  }
  const transform = colors === 'ycck' ? (adobe?.transform ?? 2) : 0
  segment(0xee, [...Array.from('Adobe', (char) => char.charCodeAt(0)), 0, 100, 0, 0, 0, 0, transform])
  const { width, height, components, isProgressive } = frame
  for (const [i] of components.entries()) {
    const factors = scans.flatMap(({ parts }) => parts).find((part) => part.component === i)?.factors
    if (factors !== undefined)
      segment(0xdb, [0x10 + i, ...Array.from(factors).flatMap((f) => [f >> 8, f & 255])])
  }
  const parts = components.flatMap(({ id, columns, rows }, i) => [id, (columns << 4) | rows, i])
  const size = [height >> 8, height & 255, width >> 8, width & 255]
  segment(isProgressive ? 0xc2 : 0xc0, [8, ...size, components.length, ...parts])
  for (const scan of scans) {
    writeScanHeader(scan, frame.components, segment)
    pieces.push(bytes.subarray(scan.start, scan.end))
  }
  pieces.push(Uint8Array.of(0xff, 0xd9))
  const file = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    file.set(piece, at)
    at += piece.length
  }
  return file
}

function writeScanHeader(
  { parts, first, last, high, low, restarts }: Scan,
  components: Segments['frame']['components'],
  segment: (marker: number, content: readonly number[]) => void,
): void {
  for (const [i, { dc, ac }] of parts.entries()) {
    for (const [kind, { counts, symbols }] of [dc, ac].entries()) {
      segment(0xc4, [(kind << 4) | i, ...counts, ...symbols])
    }
  }
  segment(0xdd, [restarts >> 8, restarts & 255])
  const tables = parts.flatMap(({ component }, i) => [components[component]!.id, (i << 4) | i])
  segment(0xda, [parts.length, ...tables, first, last, (high << 4) | low])
}
