/** Every subset of the axes of one array, by three reductions; a plain copy of the input is the measure. */

export const shape = [8, 64, 56, 56]
export const data = Float32Array.from({ length: 8 * 64 * 56 * 56 }, (_, i) => ((i * 7919) % 1013) / 64)

const axes = ['b', 'c', 'h', 'w']

/** Patterns that drop the axes of each non-empty subset. */
export const patterns = Array.from({ length: 15 }, (_, n) => {
  const kept = axes.filter((_, axis) => !((n + 1) & (1 << axis)))
  return `b c h w -> ${kept.join(' ')}`.trim()
})

export const reductions = ['sum', 'mean', 'max']

/** At most so many times a copy of the input. */
export const goal = 2
