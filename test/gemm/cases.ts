/**
 * One table of contractions for every way of computing them: classical products, the edges of tiles and blocks, and layouts that
 * no contiguous matrix has. `tensors` are the letters of each operand and of the output, as in numpy's einsum.
 */
export interface ContractionCase {
  readonly name: string
  readonly spec: string
  readonly lengths: Readonly<Record<string, number>>
}

export const cases: readonly ContractionCase[] = [
  { name: 'a matrix product', spec: 'mk,kn->mn', lengths: { m: 7, k: 9, n: 11 } },
  { name: 'whole tiles', spec: 'mk,kn->mn', lengths: { m: 40, k: 32, n: 48 } },
  { name: 'one more than whole tiles', spec: 'mk,kn->mn', lengths: { m: 41, k: 33, n: 49 } },
  { name: 'one less than whole tiles', spec: 'mk,kn->mn', lengths: { m: 39, k: 31, n: 47 } },
  { name: 'more rows than a block', spec: 'mk,kn->mn', lengths: { m: 101, k: 17, n: 13 } },
  { name: 'more depth than a block', spec: 'mk,kn->mn', lengths: { m: 11, k: 1163, n: 13 } },
  { name: 'more columns than a block', spec: 'mk,kn->mn', lengths: { m: 5, k: 7, n: 1033 } },
  { name: 'more of everything than a block', spec: 'mk,kn->mn', lengths: { m: 203, k: 771, n: 41 } },
  { name: 'more columns than the plain kernel takes', spec: 'mk,kn->mn', lengths: { m: 49, k: 387, n: 515 } },
  { name: 'a transposed first operand', spec: 'km,kn->mn', lengths: { m: 23, k: 29, n: 31 } },
  { name: 'a transposed second operand', spec: 'mk,nk->mn', lengths: { m: 23, k: 29, n: 31 } },
  { name: 'a transposed output', spec: 'mk,kn->nm', lengths: { m: 23, k: 29, n: 31 } },
  { name: 'everything transposed', spec: 'km,nk->nm', lengths: { m: 23, k: 29, n: 31 } },
  { name: 'a batch in front', spec: 'bmk,bkn->bmn', lengths: { b: 3, m: 9, k: 10, n: 11 } },
  { name: 'a batch behind', spec: 'mkb,knb->mnb', lengths: { b: 5, m: 9, k: 10, n: 11 } },
  { name: 'scores of heads', spec: 'bqhd,bkhd->bhqk', lengths: { b: 2, q: 17, h: 3, d: 8, k: 19 } },
  { name: 'merged heads', spec: 'bhqk,bkhd->bqhd', lengths: { b: 2, q: 17, h: 3, d: 8, k: 19 } },
  { name: 'patches', spec: 'bchiwj,dijc->bhwd', lengths: { b: 2, c: 3, h: 3, i: 4, w: 5, j: 4, d: 10 } },
  { name: 'a shared weight', spec: 'bik,kn->bin', lengths: { b: 4, i: 13, k: 12, n: 14 } },
  {
    name: 'rows and columns interleaved',
    spec: 'apkb,kqc->aqpcb',
    lengths: { a: 3, p: 4, k: 9, b: 5, q: 3, c: 4 },
  },
  { name: 'a dot product', spec: 'i,i->', lengths: { i: 1031 } },
  { name: 'an outer product', spec: 'i,j->ij', lengths: { i: 37, j: 1201 } },
  { name: 'an elementwise product', spec: 'ij,ij->ij', lengths: { i: 37, j: 41 } },
  { name: 'a matrix and a vector', spec: 'ij,j->i', lengths: { i: 37, j: 41 } },
  { name: 'a vector and a matrix', spec: 'i,ij->j', lengths: { i: 37, j: 41 } },
  { name: 'rows scaled by a vector', spec: 'ij,i->ij', lengths: { i: 37, j: 41 } },
  { name: 'a transposition', spec: 'abc->cab', lengths: { a: 5, b: 7, c: 9 } },
  { name: 'a sum of everything', spec: 'abc->', lengths: { a: 5, b: 7, c: 9 } },
  { name: 'a sum of the middle', spec: 'abc->ca', lengths: { a: 5, b: 7, c: 9 } },
  { name: 'a trace', spec: 'ii->', lengths: { i: 12 } },
  { name: 'a diagonal', spec: 'iji->ij', lengths: { i: 12, j: 5 } },
  { name: 'diagonals of both', spec: 'iik,kjj->ij', lengths: { i: 8, j: 9, k: 10 } },
  {
    name: 'axes that only one operand has, summed',
    spec: 'abk,kcd->ac',
    lengths: { a: 8, b: 3, k: 9, c: 7, d: 4 },
  },
  { name: 'a scalar operand', spec: ',ij->ij', lengths: { i: 6, j: 7 } },
  { name: 'three operands in a chain', spec: 'ab,bc,cd->ad', lengths: { a: 9, b: 10, c: 11, d: 12 } },
  { name: 'three operands over one axis', spec: 'i,i,i->i', lengths: { i: 19 } },
  {
    name: 'three operands of shared axes',
    spec: 'abc,cbd,agk->abk',
    lengths: { a: 4, b: 5, c: 6, d: 7, g: 3, k: 8 },
  },
  { name: 'four operands of bilinear form', spec: 'i,ij,jk,k->', lengths: { i: 7, j: 8, k: 9 } },
  { name: 'an empty sum', spec: 'mk,kn->mn', lengths: { m: 6, k: 0, n: 7 } },
  { name: 'an empty output', spec: 'mk,kn->mn', lengths: { m: 0, k: 8, n: 7 } },
  { name: 'an empty batch', spec: 'bmk,bkn->bmn', lengths: { b: 0, m: 5, k: 8, n: 7 } },
  { name: 'axes of length 1', spec: 'amk,bkn->abmn', lengths: { a: 1, b: 1, m: 5, k: 1, n: 7 } },
]
