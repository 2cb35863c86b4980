/**
 * Objects of the platform in public signatures: its own classes where a program's libraries declare them (the DOM's, or Node's types), else
 * what is used of them. So the package's declarations need neither library.
 */

type Declared<Global, Else> = typeof globalThis extends {
  readonly [Name in Global & string]: { prototype: infer T }
}
  ? T
  : Else

export type UrlLike = Declared<'URL', { readonly href: string; toString(): string }>

export type BlobLike = Declared<
  'Blob',
  {
    readonly size: number
    arrayBuffer(): Promise<ArrayBuffer>
    slice(start?: number, end?: number): { arrayBuffer(): Promise<ArrayBuffer> }
  }
>

export type CanvasImageData = Declared<
  'ImageData',
  {
    readonly data: Uint8ClampedArray<ArrayBuffer>
    readonly width: number
    readonly height: number
    readonly colorSpace: 'srgb' | 'display-p3'
  }
>

/** `WebAssembly.Memory` and `WebAssembly.Module`. */
export type WasmMemory = DeclaredWasm<
  'Memory',
  { readonly buffer: ArrayBufferLike; grow(delta: number): number }
>
export type WasmModule = DeclaredWasm<'Module', object>

type DeclaredWasm<Class, Else> = typeof globalThis extends {
  readonly WebAssembly: { readonly [Name in Class & string]: { prototype: infer T } }
}
  ? T
  : Else
