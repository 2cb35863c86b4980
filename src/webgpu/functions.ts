/**
 * The functions of numbers as WGSL, of one element or of four. Shaders may reckon as if there were neither infinities nor NaN, so each form keeps its exponentials finite.
 * The error function after Abramowitz and Stegun, "Handbook of Mathematical Functions" 7.1.26: to 1.5e-7, about what single precision holds.
 */
import { bytesOfDtype, type Dtype, isSignedDtype } from '../layout/dtype.ts'
import type { MapFunction } from '../rows/functions.ts'

/** A function by its name: one that steps know, its slope, or a conversion to whole numbers as typed arrays make it. */
export type Mapped = Plain | `to ${Dtype}`

type Plain = MapFunction | `slope of ${MapFunction}`

/** The text of a function of one element, or of four, and what it is called. */
export function mappedBy(fn: Mapped, width: 1 | 4): { readonly name: string; readonly text: string } {
  const name = `${fn.replace(/\W/g, '_')}${width}`
  const [T, U] = width === 4 ? ['vec4<f32>', 'vec4<u32>'] : ['f32', 'u32']
  if (fn.startsWith('to ')) {
    const [type, body] = conversion(fn.slice(3) as Dtype, T!, U!)
    return { name, text: `fn ${name}(x: ${T}) -> ${type} {\n  ${body}\n}` }
  }
  return { name, text: `fn ${name}(x: ${T}) -> ${T} {\n  ${body(fn as Plain, T!)}\n}` }
}

/** exp(−u) where u is not small, and the largest that is of use elsewhere. */
const decay = (u: string, T: string) => `exp(min(-(${u}), ${T}(80.0)))`

/** erfc(a) · exp(a²) for a ≥ 0. */
const scaledErfc = (a: string, T: string) => `let s = ${T}(1.0) / (${T}(1.0) + 0.3275911 * ${a});
  let p = s * (0.254829592 + s * (-0.284496736 + s * (1.421413741 + s * (-1.453152027 + s * 1.061405429))));`

/**
 * The sine of x, or of x and so many quarter turns. WGSL's own may be wrong by 2⁻¹¹, and by more where x is large: quarters are taken off in three parts, and what is left goes through
 * the polynomials of S. Moshier's Cephes library, exact to an ulp or two.
 */
const wave = (T: string, quarters: string, end: string) => `let turns = round(x * 0.6366197723675814);
  let r = ((x - turns * 1.5703125) - turns * 4.8375129699707031e-4) - turns * 7.549789948768648e-8;
  let z = r * r;
  let s = r + r * z * (-1.6666654611e-1 + z * (8.3321608736e-3 - z * 1.9515295891e-4));
  let c = 1.0 - 0.5 * z + z * z * (4.166664568298827e-2 + z * (-1.388731625493765e-3 + z * 2.443315711809948e-5));
  let quarter = turns + ${quarters} - 4.0 * floor((turns + ${quarters}) * 0.25);
  let half = select(s, c, quarter - 2.0 * floor(quarter * 0.5) == ${T}(1.0));
  let w = select(half, -half, quarter >= ${T}(2.0));
  ${end}`

function body(fn: Plain, T: string): string {
  const logistic = (u: string) => `return select(x / (1.0 + ${decay(u, T)}), ${T}(0.0), x < ${T}(-1e30));`
  const logisticSlope = (u: string, du: string) =>
    `let s = 1.0 / (1.0 + ${decay(u, T)});
  let r = 1.0 / (1.0 + ${decay(`-(${u})`, T)});
  return s + x * (${du}) * s * r;`
  switch (fn) {
    case 'relu':
      return `return select(x, ${T}(0.0), x <= ${T}(0.0));`
    case 'silu':
      return logistic('x')
    case 'quick-gelu':
      return logistic('1.702 * x')
    case 'gelu-tanh':
      return logistic(tanhForm(T))
    case 'gelu':
      return `let a = min(abs(x) * 0.7071067811865476, ${T}(9.0));
  ${scaledErfc('a', T)}
  let tail = 0.5 * p * exp(-a * a);
  return select(x * (1.0 - tail), select(x * tail, ${T}(0.0), x < ${T}(-1e30)), x < ${T}(0.0));`
    case 'exp':
    case 'slope of exp':
      return `return exp(min(x, ${T}(88.0)));`
    case 'sin':
      return wave(T, '0.0', 'return w;')
    case 'slope of cos':
      return wave(T, '0.0', 'return -w;')
    case 'cos':
    case 'slope of sin':
      return wave(T, '1.0', 'return w;')
    case 'slope of relu':
      return `return select(${T}(1.0), ${T}(0.0), x <= ${T}(0.0));`
    case 'slope of silu':
      return logisticSlope('x', '1.0')
    case 'slope of quick-gelu':
      return logisticSlope('1.702 * x', '1.702')
    case 'slope of gelu-tanh':
      return logisticSlope(
        tanhForm(T),
        `1.5957691216057308 * (1.0 + 0.134145 * min(x * x, ${T}(1e4)))`,
      ).replace('x * (', `clamp(x, ${T}(-100.0), ${T}(100.0)) * (`)
    case 'slope of gelu':
      return `let a = min(abs(x) * 0.7071067811865476, ${T}(9.0));
  ${scaledErfc('a', T)}
  let tail = 0.5 * p * exp(-a * a);
  return select(1.0 - tail, tail, x < ${T}(0.0)) + clamp(x, ${T}(-13.0), ${T}(13.0)) * exp(-a * a) * 0.3989422804014327;`
    case 'sqrt':
      return 'return sqrt(x);'
    case 'slope of sqrt':
      return `return select(0.5 * inverseSqrt(x), ${T}(0.0), x == ${T}(0.0));`
  }
}

/** Twice the argument of tanh in GELU's tanh form. */
function tanhForm(T: string): string {
  const x = `clamp(x, ${T}(-100.0), ${T}(100.0))`
  return `1.5957691216057308 * (${x} + 0.044715 * ${x} * ${x} * ${x})`
}

/** As typed arrays convert: whole numbers toward 0 and modulo their range, 0 for what is not finite. */
function conversion(dtype: Dtype, T: string, U: string): readonly [type: string, body: string] {
  const finite = `(bitcast<${U}>(x) & ${U}(0x7f800000u)) != ${U}(0x7f800000u)`
  if (dtype === 'uint8_clamped') {
    // halves go to the even neighbour, as WGSL's round does
    return [U, `return ${U}(round(clamp(x, ${T}(0.0), ${T}(255.0))));`]
  }
  const whole = `let whole = trunc(select(${T}(0.0), x, ${finite}));
  let low = ${U}(abs(whole) - 4294967296.0 * floor(abs(whole) / 4294967296.0));
  let bits = select(low, ${U}(0u) - low, whole < ${T}(0.0));`
  const unused = 32 - 8 * bytesOfDtype(dtype)
  const type = isSignedDtype(dtype) ? U.replace('u32', 'i32') : U
  return [type, `${whole}\n  return bitcast<${type}>(bits << ${U}(${unused}u)) >> ${U}(${unused}u);`]
}
