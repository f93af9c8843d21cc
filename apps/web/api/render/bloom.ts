import { backdrop, SIZE, type Style, tag } from './canvas.ts'
import { mix } from './palette.ts'
import { between } from './random.ts'

const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5))

/** Petals set at the golden angle, as in the head of a sunflower. */
export const bloom: Style = ({ random, palette }) => {
  const petals = Math.round(between(random, 240, 420))
  const spread = (SIZE * 0.45) / Math.sqrt(petals)
  const lean = between(random, -0.5, 0.5)
  const slim = between(random, 0.34, 0.7)
  const [inner, middle, outer, spark] = palette.accents
  const dark = random() < 0.5
  const shapes = Array.from({ length: petals }, (_, index) => {
    const share = index / petals
    const distance = spread * Math.sqrt(index + 2)
    const angle = index * GOLDEN_ANGLE
    const color = share < 0.5 ? mix(spark, inner, share * 2) : mix(inner, share < 0.8 ? middle : outer, (share - 0.5) * 2)
    const length = 5 + 17 * Math.sqrt(share)
    const x = SIZE / 2 + Math.cos(angle) * distance
    const y = SIZE / 2 + Math.sin(angle) * distance
    const turn = ((angle + lean) * 180) / Math.PI
    return tag('ellipse', {
      rx: length,
      ry: length * slim,
      fill: color,
      opacity: 0.92,
      transform: `translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${(turn % 360).toFixed(1)})`,
    })
  })
  return backdrop(dark ? palette.ink : palette.paper) + shapes.reverse().join('')
}
