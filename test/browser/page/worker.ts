/** The same model in a Web Worker. */
import { logitsOfDigits } from './model.ts'

globalThis.onmessage = async ({ data }: MessageEvent<string>) => {
  globalThis.postMessage(await logitsOfDigits(data).catch((error: unknown) => String(error)))
}
