import { describe, expect, it } from 'vitest'
import { styleIds } from '../../inputs.ts'
import { paletteOf } from './palette.ts'
import { renderImage } from './renderImage.ts'

describe.each(styleIds)('a picture in the style %s', (style) => {
  it('is the same for the same prompt and seed, however the prompt is written', () => {
    expect(renderImage('  Lighthouse at DUSK', style, 7).replace(/<title>.*<\/title>/, '')).toBe(
      renderImage('lighthouse at dusk ', style, 7).replace(/<title>.*<\/title>/, ''),
    )
  })

  it('is another one for another seed', () => {
    expect(renderImage('Moss', style, 1)).not.toBe(renderImage('Moss', style, 2))
  })

  it('holds nothing but shapes, and no number that is none', () => {
    const svg = renderImage('<script>alert(1)</script> & "more"', style, 3)
    expect(svg).toContain('<title>&lt;script&gt;alert(1)&lt;/script&gt; &amp; "more"</title>')
    expect(svg).not.toMatch(/<script|NaN|Infinity|undefined|href/)
  })

  it('is small enough to be sent at once', () => {
    expect(renderImage('Neon city', style, 5).length).toBeLessThan(100_000)
  })
})

describe('a palette', () => {
  it('is chosen by what a prompt names', () => {
    expect(paletteOf('A quiet sea')).toBe(paletteOf('Waves'))
    expect(paletteOf('A quiet sea')).not.toBe(paletteOf('Moss garden'))
  })

  it('is always the same for a prompt that names nothing', () => {
    expect(paletteOf('Zyx')).toBe(paletteOf(' zyx'))
  })
})
