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
      'tesserae classify photo.jpg --weights model.safetensors [--labels labels.json] [--top 5] [--attention map.png] [--threads 2] [--json]',
    load: async () => (await import('./commands/classify.ts')).runClassify,
    help: `Says what is in a picture (PNG or JPEG), by a Vision Transformer whose weights are in a safetensors file.

  --weights FILE        a checkpoint, its names those of timm, Hugging Face, torchvision, torch or vit-pytorch
  --labels FILE         names of the classes: a JSON list, or one name a line
  --top 5               how many answers
  --attention FILE      draws where the model looked: the last layer's class token, and attention rollout
  --mean 0.5,0.5,0.5    \\
  --std 0.5,0.5,0.5      } how the model's pictures were prepared
  --crop-pct 0.9        /
  --heads 3             attention heads, where the file does not tell
  --max-pixels N        larger pictures are refused; 67108864 if not given
  --threads 2           how many threads compute, or auto
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
