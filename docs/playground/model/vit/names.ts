/** Lists of class names as they are published: a JSON list, an object by number, or a name a line. */

/** The names; null where the text is something else, as any other JSON is. */
export function namesIn(text: string): string[] | null {
  if (!/^\s*[[{]/.test(text)) {
    const lines = text.trimEnd().split(/\r?\n/)
    return lines.length > 1 || lines[0] !== '' ? lines : null
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return null
  }
  if (Array.isArray(parsed)) return allText(parsed) ? parsed : null
  // transformers keeps them in `id2label` of a configuration
  const { id2label = parsed } = parsed as { id2label?: Record<string, unknown> }
  const entries = Object.entries(id2label as Record<string, unknown>)
  const counted = entries.length > 0 && entries.every(([key]) => /^\d+$/.test(key))
  if (!counted || !entries.every(([, name]) => typeof name === 'string' || isPair(name))) return null
  const names: string[] = []
  for (const [key, name] of entries)
    names[Number(key)] = typeof name === 'string' ? name : String((name as string[])[1])
  return names
}

function allText(list: readonly unknown[]): list is string[] {
  return list.length > 0 && list.every((one) => typeof one === 'string')
}

/** Keras keeps a WordNet number beside each name. */
function isPair(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && allText(value)
}

/** Whether a text is a configuration that says something of a model or of its pictures. */
export function isAbout(text: string): boolean {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return false
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return false
  return said.some((key) => key in parsed)
}

/** What the configurations of transformers, timm and open_clip have, one of them each. */
const said = [
  ...['hidden_size', 'num_attention_heads', 'model_type', 'image_processor_type', 'feature_extractor_type'],
  ...[
    'image_mean',
    'architecture',
    'pretrained_cfg',
    'model_cfg',
    'preprocess_cfg',
    'id2label',
    'label_names',
  ],
]
