import { backdrop, SIZE, type Style, tag } from './canvas.ts'
import { between, pick } from './random.ts'

/** A grid of plain shapes: quarter and half circles, leaves, dots and triangles. */
export const mosaic: Style = ({ random, palette }) => {
  const cells = pick(random, [4, 5, 6])
  const margin = 28
  const side = (SIZE - 2 * margin) / cells
  const colors = [...palette.accents, palette.ink, palette.sky[1]] as const
  const tiles: string[] = []
  for (let index = 0; index < cells * cells; index += 1) {
    const x = margin + (index % cells) * side
    const y = margin + Math.floor(index / cells) * side
    const ground = random() < 0.45 ? pick(random, colors) : palette.paper
    const others = colors.filter((color) => color !== ground)
    const [first = palette.ink] = others
    const fill = pick(random, [first, ...others.slice(1)])
    const spot = others.find((color) => color !== fill) ?? palette.paper
    const turned = `translate(${x + side / 2} ${y + side / 2}) rotate(${pick(random, [0, 90, 180, 270])}) scale(${side / 2})`
    tiles.push(tag('rect', { x, y, width: side + 0.5, height: side + 0.5, fill: ground }))
    tiles.push(tag('g', { transform: turned, fill }, pick(random, shapes)(spot)))
  }
  const grain = between(random, 0.03, 0.06)
  return [
    backdrop(palette.paper),
    tiles.join(''),
    tag('rect', { width: SIZE, height: SIZE, fill: palette.accents[1], opacity: grain }),
  ].join('')
}

/** Each is drawn in a square from -1 to 1. */
const shapes: readonly [Shape, ...Shape[]] = [
  () => tag('path', { d: 'M-1 -1H1A2 2 0 0 1 -1 1Z' }),
  () => tag('path', { d: 'M-1 -1A1 1 0 0 1 -1 1ZM1 -1A1 1 0 0 0 1 1Z' }),
  () => tag('path', { d: 'M-1 -1A2 2 0 0 1 1 1A2 2 0 0 1 -1 -1Z' }),
  (spot) => tag('circle', { r: 0.78 }) + tag('circle', { r: 0.34, fill: spot }),
  () => tag('path', { d: 'M-1 1L1 1L1 -1Z' }),
  (spot) => tag('path', { d: 'M-1 0A1 1 0 0 1 1 0Z' }) + tag('path', { d: 'M-1 1A1 1 0 0 1 1 1Z', fill: spot }),
  (spot) => tag('path', { d: 'M-1 -1H1A2 2 0 0 1 -1 1Z' }) + tag('path', { d: 'M-1 -1H0A1 1 0 0 1 -1 0Z', fill: spot }),
]

type Shape = (spot: string) => string
