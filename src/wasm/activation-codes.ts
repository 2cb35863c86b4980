/** The activations that kernels know, by the numbers that they know them by (src/wasm/assembly/shared/activate.ts). */
export const activationCodes = { gelu: 1, 'gelu-tanh': 2, relu: 3, silu: 4, 'quick-gelu': 5 } as const

export type FusedActivation = keyof typeof activationCodes
