declare module 'virtual:cases' {
  /** Every test file that the page can run, by its path in the repository. */
  export const cases: Readonly<Record<string, () => Promise<unknown>>>
}
