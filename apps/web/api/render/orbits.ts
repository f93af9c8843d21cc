import { backdrop, round, SIZE, type Style, tag } from './canvas.ts'
import { mix } from './palette.ts'
import { between, pick } from './random.ts'

/** Rings and the bodies that travel on them, around one bright centre. */
export const orbits: Style = ({ random, palette }) => {
  const center = { x: SIZE * between(random, 0.3, 0.7), y: SIZE * between(random, 0.34, 0.66) }
  const rings: string[] = []
  let radius = between(random, 46, 74)
  const core = radius * 0.62
  while (radius < SIZE * 0.86) {
    const color = pick(random, palette.accents)
    const start = between(random, 0, Math.PI * 2)
    const sweep = between(random, 0.5, 1.75) * Math.PI
    const width = between(random, 1, 4) ** 1.6
    rings.push(tag('circle', { r: radius, stroke: mix(palette.ink, palette.sky[1], 0.35), 'stroke-width': 1 }))
    rings.push(tag('path', { d: arc(radius, start, start + sweep), stroke: color, 'stroke-width': width, 'stroke-linecap': 'round' }))
    const body = start + sweep
    rings.push(
      tag('circle', {
        cx: Math.cos(body) * radius,
        cy: Math.sin(body) * radius,
        r: between(random, 4, 15),
        fill: mix(color, palette.paper, 0.35),
      }),
    )
    radius += between(random, 22, 44)
  }
  const light = tag(
    'radialGradient',
    { id: 'light' },
    tag('stop', { offset: 0, 'stop-color': mix(palette.ink, palette.sky[1], 0.75) }) +
      tag('stop', { offset: 1, 'stop-color': palette.ink }),
  )
  return [
    tag('defs', {}, light),
    backdrop(palette.ink),
    tag('circle', { cx: center.x, cy: center.y, r: SIZE * 0.92, fill: 'url(#light)' }),
    tag(
      'g',
      { transform: `translate(${round(center.x)} ${round(center.y)})`, fill: 'none' },
      rings.join('') + tag('circle', { r: core, fill: palette.accents[3] }) + tag('circle', { r: core * 0.62, fill: palette.paper }),
    ),
  ].join('')
}

function arc(radius: number, start: number, end: number): string {
  const point = (angle: number): string => `${round(Math.cos(angle) * radius)} ${round(Math.sin(angle) * radius)}`
  return `M${point(start)}A${round(radius)} ${round(radius)} 0 ${end - start > Math.PI ? 1 : 0} 1 ${point(end)}`
}
