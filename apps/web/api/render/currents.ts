import { createNoise2D } from 'simplex-noise'
import { backdrop, SIZE, type Style, tag } from './canvas.ts'
import { mix } from './palette.ts'
import { between, pick } from './random.ts'

const LINES = 260
const STEPS = 26

/** Lines that follow one field, as hair or water does. */
export const currents: Style = ({ random, palette }) => {
  const noise = createNoise2D(random)
  const dark = random() < 0.6
  const ground = dark ? palette.ink : palette.paper
  const zoom = between(random, 0.0011, 0.0021)
  const turn = between(random, 0, Math.PI * 2)
  const lines = Array.from({ length: LINES }, () => {
    let [x, y] = [between(random, -60, SIZE + 60), between(random, -60, SIZE + 60)]
    const points = [`${Math.round(x)} ${Math.round(y)}`]
    for (let step = 0; step < STEPS; step += 1) {
      const angle = turn + noise(x * zoom, y * zoom) * Math.PI * 1.3
      x += Math.cos(angle) * 11
      y += Math.sin(angle) * 11
      points.push(`${Math.round(x)} ${Math.round(y)}`)
    }
    return tag('path', {
      d: `M${points.join('L')}`,
      stroke: mix(ground, pick(random, palette.accents), between(random, 0.55, 1)),
      'stroke-width': between(random, 0.8, 1) ** 6 * between(random, 1.5, 13),
      opacity: between(random, 0.55, 0.95),
    })
  })
  return backdrop(ground) + tag('g', { fill: 'none', 'stroke-linecap': 'round', 'stroke-linejoin': 'round' }, lines.join(''))
}
