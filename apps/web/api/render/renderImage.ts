import type { StyleId } from '../../inputs.ts'
import { bloom } from './bloom.ts'
import { SIZE, type Style, tag } from './canvas.ts'
import { currents } from './currents.ts'
import { landscape } from './landscape.ts'
import { mosaic } from './mosaic.ts'
import { orbits } from './orbits.ts'
import { paletteOf } from './palette.ts'
import { randomOf } from './random.ts'

const styles: Readonly<Record<StyleId, Style>> = { landscape, currents, mosaic, orbits, bloom }

/** Paints one picture as SVG: the same for the same prompt, style and seed. */
export function renderImage(prompt: string, style: StyleId, seed: number): string {
  const random = randomOf(`${style} ${seed} ${prompt.trim().toLowerCase()}`)
  const picture = styles[style]({ random, palette: paletteOf(prompt) })
  const attributes = { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${SIZE} ${SIZE}`, width: SIZE, height: SIZE }
  return tag('svg', attributes, tag('title', {}, escapeText(prompt)) + picture)
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
