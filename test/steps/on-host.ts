/** The steps on the host, their results known to be tensors: what tests of kernels compute with. */
import type { FloatTensor } from '../../src/layout/tensor.ts'
import { einsumTensor } from '../../src/ops/einsum.ts'
import * as attending from '../../src/steps/attend.ts'
import type { Store } from '../../src/steps/contract.ts'
import * as drops from '../../src/steps/drop.ts'
import * as maps from '../../src/steps/map.ts'
import * as norms from '../../src/steps/norm.ts'
import * as softmaxes from '../../src/steps/softmax.ts'
import type { Value } from '../../src/steps/value.ts'
import * as zips from '../../src/steps/zip.ts'
import { scope as arenaScope } from '../../src/wasm/arena.ts'

type OnHost<F> = F extends (...args: infer A) => Value ? (...args: A) => FloatTensor : never

const onHost = <F extends (...args: never[]) => Value>(f: F) => f as unknown as OnHost<F>

export const softmax = onHost(softmaxes.softmax)
export const logSoftmax = onHost(softmaxes.logSoftmax)
export const layerNorm = onHost(norms.layerNorm)
export const rmsNorm = onHost(norms.rmsNorm)
export const activate = onHost(maps.activate)
export const drop = onHost(drops.drop)
export const add = onHost(zips.add)
export const multiply = onHost(zips.multiply)
export const attend = onHost(attending.attend)
export const attentionWeights = onHost(attending.attentionWeights)

export function einsum(
  x: Value | readonly Value[],
  pattern: string,
  lengths?: Record<string, number>,
  store?: Store,
): FloatTensor {
  return einsumTensor(x, pattern, lengths, store) as FloatTensor
}

/** Runs as a model does, in linear memory. */
export function scope(compute: () => Value): FloatTensor {
  return arenaScope(compute as () => FloatTensor)
}
