/**
 * The bundled picture, painted instead of stored: a sun over hills and a lake, with a house and a moon-white sail, so that every
 * tile can be told from every other.
 */
import type { Picture } from './picture.ts'

type Colour = readonly [red: number, green: number, blue: number]

/** Paints the scene; the picture has no alpha. */
export function paintScene(width = 192, height = 144): Picture {
  const data = new Uint8ClampedArray(4 * width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // 2×2 samples a pixel soften the edges
      let sum: Colour = [0, 0, 0]
      for (const dy of [0.25, 0.75]) {
        for (const dx of [0.25, 0.75]) sum = add(sum, colourAt((x + dx) / width, (y + dy) / height))
      }
      data.set([sum[0] / 4, sum[1] / 4, sum[2] / 4, 255], 4 * (y * width + x))
    }
  }
  return { data, width, height }
}

/** `x` from 0 to 1 to the right, `y` from 0 to 1 downwards; the scene is 4 wide and 3 high. */
function colourAt(x: number, y: number): Colour {
  const u = x * 4
  const v = y * 3
  const horizon = 1.85
  if (v > horizon) return lake(u, v, horizon)
  const house = houseAt(u, v)
  if (house !== null) return house
  const near = 1.5 + 0.22 * Math.sin(u * 1.7 + 0.6) + 0.05 * Math.sin(u * 7)
  if (v > near) return mix([46, 92, 62], [88, 138, 70], (v - near) / (horizon - near))
  const far = 1.12 + 0.3 * Math.sin(u * 1.15 + 2.1) + 0.08 * Math.sin(u * 4.3)
  if (v > far) return mix([86, 96, 152], [126, 146, 168], (v - far) / 0.7)
  return sky(u, v)
}

function sky(u: number, v: number): Colour {
  const sun = Math.hypot(u - 2.95, v - 0.62)
  if (sun < 0.34) return [255, 214, 92]
  const base = mix([62, 116, 190], [250, 190, 140], Math.min(1, v / 1.35))
  const glow = Math.max(0, 1 - (sun - 0.34) / 0.9)
  const cloud = Math.max(
    0,
    1 - Math.hypot((u - 1.0) / 0.52, (v - 0.48) / 0.13),
    1 - Math.hypot((u - 1.32) / 0.36, (v - 0.4) / 0.12),
  )
  return mix(mix(base, [255, 226, 170], 0.6 * glow), [255, 250, 244], Math.min(1, 2.4 * cloud))
}

function lake(u: number, v: number, horizon: number): Colour {
  const sail = v < 2.62 && v > 2.02 && u > 2.25 && u - 2.25 < (v - 2.02) * 0.62
  if (sail) return [250, 246, 236]
  if (v >= 2.64 && v < 2.78 && Math.abs(u - 2.4) < 0.42 - (v - 2.64) * 1.1) return [150, 58, 46]
  const depth = (v - horizon) / (3 - horizon)
  const base = mix([240, 178, 140], [38, 84, 132], Math.min(1, depth * 1.5))
  const wave = Math.sin(v * 42 + 2 * Math.sin(u * 3)) > 0.72 ? 0.22 : 0
  const path = Math.abs(u - 2.95 - 0.06 * Math.sin(v * 30)) < 0.14 + 0.16 * depth ? 0.55 * (1 - depth) : 0
  return mix(base, [255, 226, 160], wave + path)
}

function houseAt(u: number, v: number): Colour | null {
  if (v > 1.32 && v < 1.72 && u > 0.52 && u < 1.08) {
    if (u > 0.74 && u < 0.86 && v > 1.48) return [92, 58, 44]
    if (v > 1.42 && v < 1.53 && ((u > 0.58 && u < 0.68) || (u > 0.93 && u < 1.02))) return [255, 222, 120]
    return [238, 226, 206]
  }
  const roof = v > 1.04 && v <= 1.32 && Math.abs(u - 0.8) < (v - 1.04) * 1.32
  return roof ? [186, 66, 48] : null
}

function mix(a: Colour, b: Colour, t: number): Colour {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t]
}

function add(a: Colour, b: Colour): Colour {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}
