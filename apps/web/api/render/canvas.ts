import type { Palette } from './palette.ts'
import type { Random } from './random.ts'

/** The side of a picture, in its own units. */
export const SIZE = 640

/** What a style paints with. */
export interface Brush {
  readonly random: Random
  readonly palette: Palette
}

/** Paints the inside of a picture as SVG elements. */
export type Style = (brush: Brush) => string

export function tag(name: string, attributes: Readonly<Record<string, string | number>>, content = ''): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${typeof value === 'number' ? round(value) : value}"`)
  return content === '' ? `<${name}${written.join('')}/>` : `<${name}${written.join('')}>${content}</${name}>`
}

/** A gradient from top to bottom, to be named by its id in a `fill`. */
export function verticalGradient(id: string, colors: readonly string[]): string {
  const stops = colors.map((color, index) => tag('stop', { offset: index / Math.max(1, colors.length - 1), 'stop-color': color }))
  return tag('linearGradient', { id, x1: 0, y1: 0, x2: 0, y2: 1 }, stops.join(''))
}

export function backdrop(fill: string): string {
  return tag('rect', { width: SIZE, height: SIZE, fill })
}

/** Two decimal places are finer than any screen shows, and keep a picture small. */
export function round(value: number): number {
  return Math.round(value * 100) / 100
}
