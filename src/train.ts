/** `tesserae/train`: gradients. */

export { gradients } from './train/gradients.ts'
