/** A file that Vite copies beside the page; the import is its address. */
declare module '*?url' {
  const url: string
  export default url
}
