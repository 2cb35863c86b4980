/**
 * The two-dimensional convolution, as one einsum over a sliding-window view of the image: no window is ever copied.
 * Only padding makes a new image.
 */

import { type Window, windowCount } from '../layout/window.ts'
import { einsumTensor } from '../ops/einsum.ts'
import { rearrangeTensor } from '../ops/rearrange.ts'
import type { Value } from '../steps/value.ts'
import { slide } from '../steps/window.ts'
import { expectLength, expectOption, expectRank, expectWhole, pair } from './check.ts'
import { linearParameters } from './init.ts'
import { Module } from './module.ts'
import { isPair, type Kind, kind, needed, type OptionsOf, or, readOptions } from './options.ts'
import { type Margins, pad } from './padding.ts'
import type { Parameter } from './parameter.ts'

type Pair = number | readonly [number, number]

const zeros: Kind<Pair | 'same' | 'valid'> = {
  expected: "'same' or 'valid' or a whole number from 0, or two: [height, width]",
  has: (value) => value === 'same' || value === 'valid' || isPair(value, kind.count),
}

const conv2dOptions = {
  kernelSize: needed(kind.sides),
  stride: or(kind.sides, 1),
  /** Zeros around the image: above and below, left and right; `'same'` keeps the image's size, `'valid'` adds none; 0 if not given. */
  padding: or(zeros, 0),
  dilation: or(kind.sides, 1),
  /** Into how many parts, convolved separately, the channels are split; 1 if not given. */
  groups: or(kind.length, 1),
  bias: or(kind.flag, true),
  seed: kind.seed,
  init: kind.init,
}

export interface Conv2dOptions extends OptionsOf<typeof conv2dOptions> {}

/**
 * Slides a kernel over an image: [b, inChannels, h, w] → [b, outChannels, h', w'], with
 * h' = ⌊(h + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.
 *
 * @throws {EinopsError} when the input is not an image of `inChannels` channels, or smaller than the kernel
 *
 * @example
 * const conv = new Conv2d(3, 8, { kernelSize: 3, stride: 2, padding: 1 })
 * conv.weight.shape // → [8, 3, 3, 3]
 * const y = conv.forward(ndarray(new Float32Array(3 * 9 * 11), [1, 3, 9, 11]))
 * y.shape // → [1, 8, 5, 6]
 */
export class Conv2d extends Module {
  readonly weight: Parameter
  readonly bias: Parameter | null
  readonly inChannels: number
  readonly groups: number
  readonly #rows: Window
  readonly #columns: Window
  readonly #rowMargins: Margins
  readonly #columnMargins: Margins

  constructor(inChannels: number, outChannels: number, options: Conv2dOptions) {
    super()
    const { kernelSize, stride, padding, dilation, groups, ...drawn } = readOptions(
      this,
      options,
      conv2dOptions,
    )
    const [kernelRows, kernelColumns] = pair(kernelSize)
    const [strideRows, strideColumns] = pair(stride)
    const [dilationRows, dilationColumns] = pair(dilation)
    expectWhole(this, { inChannels, outChannels })
    expectOption(
      this,
      inChannels % groups === 0 && outChannels % groups === 0,
      `groups does not divide the channels — got ${groups} groups of ${inChannels} and ${outChannels} channels`,
    )
    expectOption(
      this,
      padding !== 'same' || (strideRows === 1 && strideColumns === 1),
      `padding 'same' is for stride 1 — got stride [${strideRows}, ${strideColumns}]`,
    )
    this.inChannels = inChannels
    this.groups = groups
    this.#rows = { size: kernelRows, stride: strideRows, dilation: dilationRows }
    this.#columns = { size: kernelColumns, stride: strideColumns, dilation: dilationColumns }
    this.#rowMargins = margins(padding, this.#rows, 0)
    this.#columnMargins = margins(padding, this.#columns, 1)
    const shape = [outChannels, inChannels / groups, kernelRows, kernelColumns]
    const parameters = linearParameters(shape, drawn)
    this.weight = parameters.weight
    this.bias = parameters.bias
  }

  override compute(x: Value): Value {
    expectRank(this, x, '[b, c, h, w]')
    expectLength(this, x, 1, this.inChannels, 'inChannels')
    const image = pad(x, this.#rowMargins, this.#columnMargins)
    this.#expectRoom(image)
    return einsumTensor(
      [this.#windows(image), this.weight],
      'b g c h kh w kw, (g d) c kh kw -> b (g d) h w',
      { g: this.groups },
      { bias: this.bias && rearrangeTensor(this.bias, 'd -> d 1 1') },
    )
  }

  /** Every position of the kernel, as a view: [b, g, c, h, kh, w, kw]. */
  #windows(image: Value): Value {
    const grouped = rearrangeTensor(image, 'b (g c) h w -> b g c h w', { g: this.groups })
    return slide(slide(grouped, 4, this.#columns), 3, this.#rows)
  }

  #expectRoom({ shape: [, , h = 0, w = 0] }: Value): void {
    const { size: rows, dilation: down } = this.#rows
    const { size: columns, dilation: across } = this.#columns
    expectOption(
      this,
      windowCount(h, this.#rows) > 0 && windowCount(w, this.#columns) > 0,
      `the kernel is larger than the padded image — got ${h}×${w}, expected at least ` +
        `${down * (rows - 1) + 1}×${across * (columns - 1) + 1}`,
    )
  }
}

/** The zeros that `padding` puts before and after axis `axis` of 0 (rows) and 1 (columns). */
function margins(padding: Pair | 'same' | 'valid', { size, dilation }: Window, axis: 0 | 1): Margins {
  if (padding === 'valid') return [0, 0]
  if (padding !== 'same') return [pair(padding)[axis], pair(padding)[axis]]
  const both = dilation * (size - 1)
  return [Math.floor(both / 2), Math.ceil(both / 2)]
}
