/**
 * Weights in eight bits, as ONNX has them: int8 codes, a scale for each output channel, and DequantizeLinear, which runtimes join with the product that follows
 * where they can. The scale of a channel makes its largest weight 127; zero stays zero.
 */
/** A weight [channels, …] as `codes · scales`. */
export interface Codes {
  readonly codes: Int8Array
  readonly scales: Float32Array
}

/** The codes of a weight in row-major order, whose first axis are its channels. */
export function codesOf(values: Float32Array, channels: number): Codes {
  const width = values.length / channels
  const codes = new Int8Array(values.length)
  const scales = new Float32Array(channels)
  for (let channel = 0; channel < channels; channel++) {
    const from = channel * width
    let most = 0
    for (let i = from; i < from + width; i++) most = Math.max(most, Math.abs(values[i]!))
    const scale = Math.fround(most / 127)
    scales[channel] = scale
    if (scale === 0) continue
    for (let i = from; i < from + width; i++) {
      const code = Math.round(values[i]! / scale)
      codes[i] = Math.max(-127, Math.min(127, code))
    }
  }
  return { codes, scales }
}
