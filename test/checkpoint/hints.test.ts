import { expect, test } from 'vitest'
import { hintsIn } from '../../src/checkpoint/hints.ts'

test.each<[string, Record<string, string>, object]>([
  ['plain keys', { num_heads: '3', layer_norm_eps: '1e-6' }, { numHeads: 3, eps: 1e-6 }],
  [
    'a configuration as JSON',
    { config: '{"num_attention_heads": 12, "eps": 1e-12}' },
    { numHeads: 12, eps: 1e-12 },
  ],
  ['nothing', { format: 'pt' }, {}],
  ['numbers that cannot be', { num_heads: '-3', eps: 'small', heads: '2.5' }, {}],
  ['a text that only begins like JSON', { note: '{not json' }, {}],
])('%s', (_, metadata, hints) => {
  expect(hintsIn(metadata)).toEqual(hints)
})
