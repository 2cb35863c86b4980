/** `tesserae similar`: the pictures of a corpus that are most like one, by features that embed wrote. */
import { join } from 'node:path'
import { minSizeFor, preprocess } from '../../image/preprocess.ts'
import { type ReadOptions, readImage } from '../../image/read.ts'
import type { NdArray } from '../../layout/tensor.ts'
import { integer, onlyOperand, pngName, readArguments, UsageError } from '../arguments.ts'
import { featuresOf } from '../features/compute.ts'
import { type FeatureFile, formatOf, openFeatures } from '../features/files.ts'
import { digestOf, type Origin, originOf } from '../features/origin.ts'
import { decodePicture, expectPlace, FileError, readBytes, shown, writePicture } from '../files.ts'
import { loadModel, modelOptions, readModelRequest, viewOf, withThreads } from '../model.ts'
import { bar, type Output } from '../output.ts'
import { isFolder } from '../pictures.ts'
import { drawSheet, type Print } from '../sheet.ts'

export async function runSimilar(args: readonly string[], output: Output): Promise<void> {
  const request = readRequest(args)
  await withThreads(request.threads, () => similar(request, output))
}

/** What the command line asks for. */
function readRequest(args: readonly string[]) {
  const { values, positionals } = readArguments(args, {
    ...modelOptions,
    weights: { type: 'string' },
    in: { type: 'string', multiple: true },
    folder: { type: 'string' },
    top: { type: 'string', default: '5' },
    sheet: { type: 'string' },
    json: { type: 'boolean', default: false },
  })
  const { weights, sheet, folder, json, in: files } = values
  const [path, ...more] = positionals
  const picture = onlyOperand(positionals.slice(0, 1), 'a picture')
  if (weights === undefined) throw new UsageError('--weights is missing')
  if (files === undefined) throw new UsageError('--in is missing')
  // `--in shards/*.safetensors`, as a shell writes it out
  for (const file of more) {
    if (/\.(safetensors|npy|ndjson|jsonl)$/i.test(file)) files.push(file)
    else throw new UsageError(`one picture is expected — got ${path} and ${file}`)
  }
  for (const file of files) formatOf(file, '--in')
  if (sheet !== undefined) pngName(sheet, '--sheet')
  return {
    ...readModelRequest(values),
    ...{ path: picture, weights, sheet, folder, files, json },
    top: integer(values.top, '--top', 1),
  }
}

type Request = ReturnType<typeof readRequest>

interface Found {
  readonly file: string
  readonly similarity: number
  /** The folder that its name is in, where its file of features tells. */
  readonly folder: string | undefined
}

async function similar(request: Request, output: Output): Promise<void> {
  const { path, files, top, sheet, json, maxPixels, decoder } = request
  if (sheet !== undefined) await expectPlace(sheet, path, request.weights, ...files)
  const bytes = await readBytes(path)
  const corpora: FeatureFile[] = []
  for (const file of files) corpora.push(await openFeatures(file))
  const model = await loadModel(request.weights, request, output)
  const view = viewOf(model, request)
  const { tokens = 'pooled', normalised = false } = corpora[0]!.origin
  // lines of NDJSON do not say by which tokens they were made; their digest does
  const origin = await matching(
    corpora,
    files,
    async (kind) => originOf({ path: request.weights, model, view }, { ...request, ...kind }),
    { tokens: tokens as 'pooled', normalised },
  )
  const picture = await decodePicture(path, bytes, { maxPixels, decoder, minSize: minSizeFor(view) }, output)
  const { rows } = featuresOf(model, preprocess(picture, view), { ...origin, normalised: true })
  const { found, count } = await nearest(corpora, files, rows[0]!, top)
  if (json)
    output.json({
      file: path,
      of: count,
      similar: found.map(({ file, similarity }) => ({ file, similarity })),
    })
  else print(found, output)
  output.notice(`${shown(path)}: the likest of ${count}`)
  if (sheet === undefined) return
  await writePicture(sheet, await sheetOf(path, bytes, found, request, output))
  output.notice(`drawn: ${shown(sheet)}`)
}

type Kind = { readonly tokens: 'pooled' | 'class' | 'patch'; readonly normalised: boolean }

/**
 * The origin of features of one picture that may be compared with those of every file.
 *
 * @throws FileError where one was made otherwise, or has a vector for each patch
 */
async function matching(
  corpora: readonly FeatureFile[],
  files: readonly string[],
  originFor: (kind: Kind) => Promise<Origin>,
  first: Kind,
): Promise<Origin> {
  const base = await originFor(first)
  const kinds = (['pooled', 'class', 'patch'] as const).flatMap((tokens) =>
    [false, true].map((normalised) => ({ ...base, tokens, normalised })),
  )
  let origin: Origin | undefined
  for (const [i, { origin: there }] of corpora.entries()) {
    const file = shown(files[i]!)
    if (there.weights === undefined) continue // an empty file
    if (there.weights !== base.weights) {
      throw new FileError(
        `${file}: was made with other weights: ${there.weights.slice(0, 19)}…, not ${base.weights.slice(0, 19)}…`,
      )
    }
    const made = there.made ?? digestOf(there as Origin)
    const mine = kinds.find((kind) => digestOf(kind) === made)
    if (mine === undefined)
      throw new FileError(
        `${file}: was made with another preparation of pictures, or other options of the model`,
      )
    if (mine.tokens === 'patch')
      throw new FileError(`${file}: has a vector for each patch, and similar compares one a picture`)
    if (origin !== undefined && mine.tokens !== origin.tokens)
      throw new FileError(`${file}: was made with other tokens than ${shown(files[0]!)}`)
    origin ??= mine
  }
  return origin ?? base
}

/** Those whose vectors point most nearly where `query`, of length 1, does; a picture that several files have counts once. */
async function nearest(
  corpora: readonly FeatureFile[],
  files: readonly string[],
  query: Float32Array,
  top: number,
): Promise<{ readonly found: readonly Found[]; readonly count: number }> {
  let found: Found[] = []
  let count = 0
  const seen = new Set<string>()
  for (const [i, { rows, folder = '.' }] of corpora.entries()) {
    for await (const [file, row] of rows()) {
      if (row.length !== query.length) {
        throw new FileError(
          `${shown(files[i]!)}: ${shown(file)} has ${row.length} features, the model gives ${query.length}`,
        )
      }
      const path = join(folder, file)
      if (seen.has(path)) continue
      seen.add(path)
      count++
      const similarity = cosineOf(query, row)
      if (found.length === top && similarity <= found[top - 1]!.similarity) continue
      found = [...found, { file, similarity, folder }]
        .sort((a, b) => b.similarity - a.similarity)
        .slice(0, top)
    }
  }
  return { found, count }
}

function cosineOf(query: Float32Array, row: Float32Array): number {
  let [product, square] = [0, 0]
  for (let i = 0; i < row.length; i++) {
    product += query[i]! * row[i]!
    square += row[i]! * row[i]!
  }
  return square === 0 ? 0 : product / Math.sqrt(square)
}

function print(found: readonly Found[], output: Output): void {
  const width = Math.min(56, Math.max(...found.map(({ file }) => shown(file).length), 0))
  const barWidth = Math.max(10, Math.min(30, output.columns - width - 10))
  for (const { file, similarity } of found) {
    output.line(
      `${shown(file).padEnd(width)}  ${similarity.toFixed(3)}  ${bar(similarity, barWidth)}`.trimEnd(),
    )
  }
}

async function sheetOf(
  path: string,
  bytes: Uint8Array,
  found: readonly Found[],
  { folder, maxPixels, decoder }: Request,
  output: Output,
): Promise<NdArray<Uint8Array>> {
  const asked = { picture: await readImage(bytes, { minSize: 840, maxPixels, decoder }), name: nameOf(path) }
  const prints: Print[] = []
  for (const one of found) {
    const base = folder ?? one.folder ?? '.'
    const file = (await isFolder(base)) ? join(base, one.file) : one.file
    const picture = await pictureOf(file, { minSize: 392, maxPixels, decoder }, output)
    prints.push({ name: one.file, likeness: one.similarity, picture })
  }
  return drawSheet(asked, prints)
}

/** A picture, or null where it is not there any more. */
async function pictureOf(
  file: string,
  options: ReadOptions,
  output: Output,
): Promise<NdArray<Uint8Array> | null> {
  try {
    return await decodePicture(file, await readBytes(file), options, output)
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    output.notice(`not on the sheet: ${error.message}`)
    return null
  }
}

const nameOf = (path: string): string => path.replace(/^.*[\\/]/, '')
