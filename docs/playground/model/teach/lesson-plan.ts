/** How long a lesson is, for the page and the teacher alike. */

export const steps = 300

/** Moments of a lesson that are looked back at, by the steps made before. */
export const moments: readonly number[] = [0, 10, 20, 40, 80, 150, 300]

/** Patches along a side, layers and heads of the model that is taught. */
export const grid = 7
export const layers = 2
export const heads = 4
