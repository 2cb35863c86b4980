/** jpeg-js' decoder alone, without its encoder: the package has types for both together only. */
declare module 'jpeg-js/lib/decoder.js' {
  import type { decode } from 'jpeg-js'

  const decoder: typeof decode
  export default decoder
}
