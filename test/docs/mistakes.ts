/**
 * The mistakes of `docs/errors.md`, by chapter. Those that name a vector are calls whose answer by einops was recorded
 * (`test/vectors/einops/errors.json`); the others are calls that only exist here.
 */

export type Mistake =
  | { readonly title: string; readonly vector: number }
  | { readonly title: string; readonly code: string }

export interface Chapter {
  readonly title: string
  readonly mistakes: readonly Mistake[]
}

export const chapters: readonly Chapter[] = [
  {
    title: 'Patterns',
    mistakes: [
      { title: 'No arrow', vector: 1 },
      { title: 'An arrow of another language', vector: 3 },
      { title: 'Two arrows', vector: 6 },
      { title: 'Two dots', vector: 9 },
      { title: 'Two ellipses', vector: 11 },
      { title: 'An ellipsis in parentheses', vector: 43 },
      { title: 'A name that begins with a digit', vector: 19 },
      { title: 'A comma between axes', vector: 25 },
      { title: 'Minus one for a length', vector: 27 },
      { title: 'A length in the pattern', vector: 32 },
      { title: 'Parentheses in parentheses', vector: 33 },
      { title: 'A parenthesis that is not closed', vector: 35 },
      { title: 'An axis of length 0', vector: 39 },
    ],
  },
  {
    title: 'Axes',
    mistakes: [
      { title: 'An axis twice', vector: 14 },
      { title: 'An axis that is lost', vector: 49 },
      { title: 'An axis from nowhere', vector: 59 },
      { title: 'A number in rearrange', vector: 45 },
      { title: 'A new axis by a number in rearrange', vector: 46 },
      { title: 'A new axis without a length', vector: 57 },
    ],
  },
  {
    title: 'Shapes and lengths',
    mistakes: [
      { title: 'Too many dimensions', vector: 71 },
      { title: 'A dimension that does not divide', vector: 78 },
      { title: 'A dimension that a number does not divide', vector: 80 },
      { title: 'A length against the shape', vector: 81 },
      { title: 'Lengths that multiply to something else', vector: 82 },
      { title: 'A dimension that is not 1', vector: 83 },
      { title: 'Two unknown lengths in one group', vector: 90 },
      { title: 'Division by zero', vector: 93 },
      { title: 'A length in capitals', vector: 96 },
      { title: 'A length of no axis', vector: 97 },
      { title: 'A negative length', vector: 101 },
      { title: 'A length in quotes', vector: 103 },
    ],
  },
  {
    title: 'Reductions and lists',
    mistakes: [
      { title: 'A reduction that is not built in', vector: 63 },
      { title: 'A reduction in capitals', vector: 64 },
      { title: 'The maximum of nothing', vector: 69 },
      { title: 'An empty list', vector: 107 },
      { title: 'A list of unequal arrays', vector: 108 },
      { title: 'A list in a list', vector: 110 },
    ],
  },
  {
    title: 'einsum',
    mistakes: [
      { title: 'An output axis that no operand has', vector: 129 },
      { title: 'Too few operands', vector: 131 },
      { title: 'Two lengths for one axis', vector: 133 },
      { title: 'A diagonal that is not square', vector: 134 },
      { title: 'An ellipsis that is lost', vector: 136 },
      { title: 'The pattern first', vector: 137 },
    ],
  },
  {
    title: 'parseShape, pack and unpack',
    mistakes: [
      { title: 'A group in parseShape', vector: 112 },
      { title: 'A length that differs', vector: 117 },
      { title: 'pack without a star', vector: 139 },
      { title: 'A pack of unequal arrays', vector: 147 },
      { title: 'A pack of nothing', vector: 148 },
      { title: 'Two unknown lengths in unpack', vector: 153 },
      { title: 'Packed shapes that do not fill the axis', vector: 155 },
      { title: 'A packed shape that does not divide', vector: 158 },
    ],
  },
  {
    title: 'Layers',
    mistakes: [
      { title: 'A layer whose pattern loses an axis', vector: 160 },
      { title: 'A layer that gets too many dimensions', vector: 163 },
      { title: 'EinMix: a new axis that the weight lacks', vector: 164 },
      { title: 'EinMix: a weight axis without a length', vector: 167 },
      { title: 'EinMix: parentheses in the weight', vector: 168 },
      { title: 'EinMix: a weight axis that nothing uses', vector: 169 },
      { title: 'EinMix: a bias of an axis that is summed over', vector: 171 },
    ],
  },
  {
    title: 'What only exists here',
    mistakes: [
      {
        title: 'A slip of the finger',
        code: "const x = ndarray(new Float32Array(6), [2, 3])\nrearrange(x, 'height width -> width heigth')",
      },
      {
        title: 'Images that do not cut into patches',
        code: `const images = ndarray(new Float32Array(3 * 225 * 224), [1, 3, 225, 224])
rearrange(images, 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 16, s2: 16 })`,
      },
      {
        title: 'An axis that arithmetic would have to sum',
        code: `const x = ndarray(new Float32Array(6), [2, 3])
add([x, x], 'i j, j k -> i k')`,
      },
      {
        title: 'A list of several dtypes',
        code: `const x = ndarray(new Float32Array(6), [2, 3])
const mask = ndarray(new Uint8Array(6), [2, 3])
rearrange([x, mask], 'n h w -> h w n')`,
      },
      {
        title: 'Lists of unequal lengths',
        code: 'fromNested([[1, 2, 3], [4, 5]])',
      },
      {
        title: 'A view that no strides express',
        code: `const x = ndarray(new Float32Array(6), [2, 3])
rearrange(x, 'h w -> (w h)', {}, { copy: 'never' })`,
      },
      {
        title: 'An output of another shape',
        code: `const x = ndarray(new Float32Array(6), [2, 3])
const out = ndarray(new Float32Array(6), [2, 3])
rearrange(x, 'h w -> w h', {}, { out })`,
      },
      {
        title: 'A misspelt option',
        code: "const x = ndarray(new Float32Array(6), [2, 3])\nrearrange(x, 'h w -> w h', {}, { Copy: 'always' })",
      },
      {
        title: 'No ndarray',
        code: "rearrange(new Float32Array(6), 'h w -> w h')",
      },
      {
        title: 'A promise',
        code: "const image = Promise.resolve(ndarray(new Float32Array(6), [2, 3]))\nrearrange(image, 'h w -> w h')",
      },
      {
        title: 'A tensor of another library',
        code: `const tensor = { type: 'float32', dims: [2, 3], data: new Float32Array(6) } // as onnxruntime has it
rearrange(tensor, 'h w -> w h')`,
      },
      {
        title: 'A dash in a name',
        code: "const x = ndarray(new Float32Array(6), [2, 3])\nrearrange(x, 'height-x w -> w height-x')",
      },
      {
        title: 'A product of axes',
        code: "const x = ndarray(new Float32Array(6), [2, 3])\nrearrange(x, 'h w -> h*w')",
      },
      {
        title: 'Names that stand together',
        code: "const x = ndarray(new Float32Array(120), [2, 3, 4, 5])\nparseShape(x, 'bchw')",
      },
      {
        title: 'Length 1 where nothing may broadcast',
        code: `const x = ndarray(new Float32Array(3), [1, 3])
const y = ndarray(new Float32Array(2), [2])
einsum([x, y], 'i j, i -> j', {}, { broadcast: false })`,
      },
      {
        title: 'A list in a model',
        code: `const images = [ndarray(new Float32Array(12), [3, 2, 2]), ndarray(new Float32Array(12), [3, 2, 2])]
new Conv2d(3, 8, { kernelSize: 2 }).forward(images)`,
      },
      {
        title: 'A layer that was disposed',
        code: `const layer = new Linear(3, 2)
layer.dispose()
layer.forward(ndarray(new Float32Array(3), [1, 3]))`,
      },
      {
        title: 'Strides that leave the buffer',
        code: `const x = ndarray(new Float32Array(6), [2, 4], [4, 1], 0)
rearrange(x, 'h w -> w h')`,
      },
      {
        title: 'More elements than numbers can count',
        code: `const x = ndarray(new Float32Array(1), [1])
repeat(x, 'a -> a b c', { b: 2 ** 27, c: 2 ** 27 })`,
      },
    ],
  },
]
