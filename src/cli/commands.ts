/** The table of commands: how each is called, what its options mean, and where it is. */
import type { Output } from './output.ts'

/** A command; it throws what went wrong. */
export type Run = (args: readonly string[], output: Output) => Promise<void>

interface Command {
  /** One line: how it is called. */
  readonly usage: string
  /** What it does, and its options. */
  readonly help: string
  /** Loads it, when it is called. */
  readonly load: () => Promise<Run>
}

/** What a checkpoint and its configuration may not tell. */
const untoldHelp = `  --mean 0.5,0.5,0.5    \\
  --std 0.5,0.5,0.5      } how the model's pictures were prepared, where its configuration does not tell
  --crop-pct 0.9        /
  --heads 3             attention heads, where the file does not tell`

/** Options of commands that run a model on pictures. */
const modelHelp = `${untoldHelp}
  --max-pixels N        larger pictures are refused; 67108864 if not given
  --decoder own         decodes without sharp, also where it is installed
  --threads 2           how many threads compute; of folders all cores if not given (auto)`

export const commands = {
  explain: {
    usage:
      'tesserae explain  "b c (h s1) (w s2) -> b (h w) (s1 s2 c)" --shape 1,3,224,224 [--axes s1=16,s2=16] | --model model.safetensors [--shape 1,3,224,224]',
    load: async () => (await import('./commands/explain.ts')).runExplain,
    help: `Shows what a pattern does with a shape: axes, strides, a view or a copy and why. Of a model: every step that it takes, with patterns, shapes, parameters and
floating-point operations.

  --shape 1,3,224,224   shape of the array; once for every operand of einsum
  --axes s1=16,s2=16    lengths of axes that the shape does not tell
  --model FILE          a checkpoint, whose model is explained; --shape is then that of its pictures
  --heads 3             attention heads, where the file does not tell
  --operation NAME      rearrange (usual), reduce, repeat, or einsum (usual where the pattern has a comma)
  --json                for machines`,
  },

  patches: {
    usage: 'tesserae patches  photo.jpg [--patch 16] [--out mosaic.png]',
    load: async () => (await import('./commands/patches.ts')).runPatches,
    help: `Cuts a picture (PNG or JPEG) into patches and draws them apart.

  --patch 16            side of a patch in pixels
  --out FILE            where the drawing goes; photo.mosaic.png if not given
  --gap 4               pixels between patches
  --scale 1             side of a pixel in the drawing
  --max-pixels N        larger pictures are refused; 67108864 if not given
  --json                for machines`,
  },

  classify: {
    usage:
      'tesserae classify FILES… | FOLDER… --weights model.safetensors [--labels labels.json] [--top 5] [--attention map.png] [--threads 2] [--json]',
    load: async () => (await import('./commands/classify.ts')).runClassify,
    help: `Says what is in pictures (PNG or JPEG, others with sharp), by a Vision Transformer whose weights are in a safetensors file.
Of several pictures a line each, in the order of their names; of folders all pictures in them.

  --weights FILE        a checkpoint in safetensors, of timm, Hugging Face, torchvision, vit-pytorch, CLIP, DINO and others
  --labels FILE         names of the classes: a JSON list, or one name a line
  --top 5               how many answers; of several pictures 1 if not given
  --attention FILE.png  draws where the model looked: the last layer's class token, and attention rollout
  --strict              exit code 1 when a picture could not be read, and not only when none could
${modelHelp}
  --json                for machines: a line of JSON for each picture`,
  },

  embed: {
    usage:
      'tesserae embed    FOLDER… --weights model.safetensors --out features.safetensors|.npy|.ndjson [--tokens pooled] [--normalise] [--resume] [--shard 3/16] [--json]',
    load: async () => (await import('./commands/embed.ts')).runEmbed,
    help: `Computes the features of all pictures in folders, by a Vision Transformer, and writes them into one file: safetensors [pictures, d] with the pictures'
names in its metadata, npy with a JSON file beside it, or NDJSON, a line for each picture. A picture's features do not depend on the others.

  --weights FILE        a checkpoint in safetensors, of timm, Hugging Face, torchvision, vit-pytorch, CLIP, DINO and others
  --out FILE            where they go, by the name's ending
  --tokens pooled       what the head sees; or class, the class token; or patch, a vector for each patch
  --normalise           makes each vector one of length 1
  --resume              goes on after a run that was stopped: what is there is not computed again
  --shard 3/16          takes the third of sixteen parts, by a hash of each picture's path
  --strict              exit code 1 when a picture could not be read, and not only when none could
  --batch 4             how many pictures the model sees at once; only speed and memory depend on it
${modelHelp}
  --json                for machines: a line of JSON for each picture, and one at the end`,
  },

  similar: {
    usage:
      'tesserae similar  PICTURE --in features.safetensors --weights model.safetensors [--top 5] [--sheet sheet.png] [--json]',
    load: async () => (await import('./commands/similar.ts')).runSimilar,
    help: `Finds the pictures most like one, by the cosine of their features: 1 is the same picture.

  --in FILE             features that embed wrote, of the same model; several of a corpus in shards: --in a.safetensors --in b.safetensors
  --weights FILE        the checkpoint that they were made by
  --top 5               how many
  --sheet FILE.png      draws them beside the picture
  --folder FOLDER       where the pictures are, if not where they were
${modelHelp}
  --json                for machines`,
  },

  train: {
    usage:
      'tesserae train    FOLDER --from model.safetensors --out mine.safetensors [--head-only | --full] [--epochs 10] [--validate 0.2|FOLDER] [--resume] [--json]',
    load: async () => (await import('./commands/train.ts')).runTrain,
    help: `Makes a classifier of your own of a checkpoint and a folder with a folder of pictures for each class. classify then names the classes.

  --from FILE           a checkpoint in safetensors, of timm, Hugging Face, torchvision, vit-pytorch, CLIP, DINO and others
  --out FILE            where the classifier goes, a safetensors file
  --head-only           learns a new head for the features of the pictures and of their mirror images, which are computed once; so it is if neither is given
  --full                learns all parameters after that, with other cuts and mirror images each time: minutes to hours
  --epochs 10           how often the pictures are gone through
  --validate 0.2        a share of the pictures is held back, to see how good it is; or a folder of others with the same classes
  --resume              goes on after a run that was stopped, and ends with the same bits
  --seed 0              what everything random follows from
  --batch 16            of --full, how many pictures a step learns from
  --strict              exit code 1 when a picture could not be read
${modelHelp}
  --json                for machines: a line of JSON at the end, and of --full one after each epoch`,
  },

  export: {
    usage:
      'tesserae export   model.safetensors model.onnx [--precision int8] [--opset 17] [--attention fused] [--batch 1] [--json]',
    load: async () => (await import('./commands/export.ts')).runExport,
    help: `Writes a Vision Transformer as an ONNX file, for onnxruntime, Triton and whatever else reads ONNX, and says what goes in, what comes out, and how to run it.
The file carries how pictures are prepared and the names of the classes (metadata_props).

  --precision int8      weights as int8 codes with a scale for each output channel: a quarter of the size
  --opset 17            the version of ONNX's operators, 17 to 24
  --attention fused     attention as one node: MultiHeadAttention of onnxruntime, the standard's Attention from --opset 23 on
  --batch 1             the one number of pictures that the file takes; any if not given (dynamic)
${untoldHelp}
  --json                for machines`,
  },

  quantize: {
    usage:
      'tesserae quantize model.safetensors small.safetensors [--precision int8] [--check FOLDER] [--json]',
    load: async () => (await import('./commands/quantize.ts')).runQuantize,
    help: `Writes a Vision Transformer's file with its weights in eight bits, a quarter of its size, which opens as any other and computes faster. It says by itself
what its configuration said.

  --precision int8      weights of eight bits; or int8-fast, which is coarser and faster; or float16, half the size and computed in float32
  --check FOLDER        compares the answers of both files for the pictures in it; may be given again
  --strict              exit code 1 when a picture could not be read, and not only when none could
  --batch 8             how many pictures the models see at once
${modelHelp}
  --json                for machines`,
  },
} as const satisfies Readonly<Record<string, Command>>

export type CommandName = keyof typeof commands

export const isCommand = (name: string | undefined): name is CommandName =>
  name !== undefined && Object.hasOwn(commands, name)

export const helpOf = (name: CommandName): string => `${commands[name].usage}\n\n${commands[name].help}`

export const generalHelp = `tesserae: einops patterns on arrays and pictures, and Vision Transformers written in them

${Object.values(commands)
  .map(({ usage }) => `  ${usage}`)
  .join('\n')}

  tesserae <command> --help   all options of a command
  tesserae --version`
