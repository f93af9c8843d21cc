import { pick, randomOf } from './random.ts'

/** Colours that go together: a sky from top to horizon, the darkest ink, and what stands out against both. */
export interface Palette {
  readonly words: readonly string[]
  readonly sky: readonly [string, string, string]
  readonly ink: string
  readonly paper: string
  readonly accents: readonly [string, string, string, string]
}

const palettes: readonly [Palette, ...Palette[]] = [
  {
    words: ['sunset', 'sunrise', 'dawn', 'dusk', 'evening', 'warm', 'fire', 'autumn', 'lighthouse'],
    sky: ['#2b2d5b', '#b2506b', '#f9b27c'],
    ink: '#1a1836',
    paper: '#fdf0e2',
    accents: ['#f26b4e', '#f9b27c', '#8c3f6d', '#ffd98e'],
  },
  {
    words: ['sea', 'ocean', 'water', 'harbor', 'harbour', 'ferry', 'lake', 'river', 'rain', 'wave', 'tide', 'blue'],
    sky: ['#0d3b4f', '#2f7f8f', '#cfe9e2'],
    ink: '#08222f',
    paper: '#eef6f3',
    accents: ['#1f8a9b', '#7cc4c1', '#f2b880', '#e8684a'],
  },
  {
    words: ['forest', 'wood', 'tree', 'moss', 'garden', 'spring', 'green', 'meadow', 'leaf', 'fern'],
    sky: ['#24463d', '#6a9a78', '#e6ecc9'],
    ink: '#122621',
    paper: '#f4f5e6',
    accents: ['#3f7d5a', '#a8c686', '#e3b23c', '#c8553d'],
  },
  {
    words: ['night', 'city', 'neon', 'space', 'star', 'stars', 'moon', 'dream', 'winter', 'galaxy'],
    sky: ['#0b1030', '#27306f', '#8b7fc7'],
    ink: '#070a1e',
    paper: '#ecebf8',
    accents: ['#6d6ae0', '#c48be4', '#f7a8b8', '#8fd6e8'],
  },
  {
    words: ['desert', 'sand', 'dune', 'dunes', 'canyon', 'summer', 'gold', 'stone', 'mars', 'clay'],
    sky: ['#7fb7be', '#f3d9b1', '#f6e7cf'],
    ink: '#4a2b20',
    paper: '#fbf3e6',
    accents: ['#d98b4a', '#b4532a', '#2f6f73', '#e9c46a'],
  },
  {
    words: ['rose', 'flower', 'bloom', 'blossom', 'love', 'pink', 'candy', 'peony', 'cherry', 'morning'],
    sky: ['#7d5a8c', '#e39ab0', '#fbe3da'],
    ink: '#38203f',
    paper: '#fdf1ef',
    accents: ['#d9577e', '#f2a0a1', '#8a5aa3', '#f6c667'],
  },
]

/** The palette that a prompt's words name, else one that the prompt as a whole decides. */
export function paletteOf(prompt: string): Palette {
  const words = new Set(prompt.toLowerCase().match(/\p{L}+/gu))
  const named = palettes.find((palette) => palette.words.some((word) => words.has(word) || words.has(`${word}s`)))
  return named ?? pick(randomOf(`palette ${prompt.trim().toLowerCase()}`), palettes)
}

/** A colour between two, `share` of the way from the first to the second. */
export function mix(from: string, to: string, share: number): string {
  const [a, b] = [channelsOf(from), channelsOf(to)]
  const channel = (index: 0 | 1 | 2): string =>
    Math.round(a[index] + (b[index] - a[index]) * Math.min(1, Math.max(0, share)))
      .toString(16)
      .padStart(2, '0')
  return `#${channel(0)}${channel(1)}${channel(2)}`
}

function channelsOf(hex: string): readonly [number, number, number] {
  return [Number.parseInt(hex.slice(1, 3), 16), Number.parseInt(hex.slice(3, 5), 16), Number.parseInt(hex.slice(5, 7), 16)]
}
