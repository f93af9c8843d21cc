import { createNoise2D } from 'simplex-noise'
import { backdrop, round, SIZE, type Style, tag, verticalGradient } from './canvas.ts'
import { mix } from './palette.ts'
import { between } from './random.ts'

const RIDGES = 6
const STEP = 8

/** Ridges behind ridges under a low sun, paler the farther they are. */
export const landscape: Style = ({ random, palette }) => {
  const noise = createNoise2D(random)
  const horizon = between(random, 0.42, 0.56) * SIZE
  const sun = { x: between(random, 0.22, 0.78) * SIZE, y: horizon - between(random, 40, 150), radius: between(random, 34, 66) }
  const light = palette.accents[3]
  const defs = [
    verticalGradient('sky', palette.sky),
    tag(
      'radialGradient',
      { id: 'glow' },
      tag('stop', { offset: 0, 'stop-color': light, 'stop-opacity': 0.75 }) +
        tag('stop', { offset: 1, 'stop-color': light, 'stop-opacity': 0 }),
    ),
  ]
  const ridges = Array.from({ length: RIDGES }, (_, index) => {
    const nearness = (index + 1) / RIDGES
    const base = horizon + (SIZE - horizon) * (index / RIDGES) ** 1.15
    const height = 26 + 78 * nearness
    const scale = 0.0105 - 0.0062 * nearness
    const points: string[] = []
    for (let x = 0; x <= SIZE; x += STEP) {
      const shape = noise(x * scale, index * 9.7) + 0.42 * noise(x * scale * 2.6, index * 5.3) + 0.14 * noise(x * scale * 7, index)
      points.push(`${x} ${round(base - shape * height * 0.5)}`)
    }
    const far = mix(palette.sky[2], palette.sky[1], 0.45)
    defs.push(verticalGradient(`ridge${index}`, [mix(far, palette.ink, nearness ** 1.25), mix(far, palette.ink, nearness ** 1.25 * 0.72)]))
    return tag('path', { d: `M0 ${SIZE}L${points.join('L')}L${SIZE} ${SIZE}Z`, fill: `url(#ridge${index})` })
  })
  const stars = Array.from({ length: 46 }, () =>
    tag('circle', {
      cx: random() * SIZE,
      cy: random() ** 1.6 * horizon * 0.8,
      r: between(random, 0.5, 1.7),
      fill: palette.paper,
      opacity: between(random, 0.15, 0.75),
    }),
  )
  return [
    tag('defs', {}, defs.join('')),
    backdrop('url(#sky)'),
    stars.join(''),
    tag('circle', { cx: sun.x, cy: sun.y, r: sun.radius * 4.2, fill: 'url(#glow)' }),
    tag('circle', { cx: sun.x, cy: sun.y, r: sun.radius, fill: mix(light, palette.paper, 0.55) }),
    ...ridges,
  ].join('')
}
