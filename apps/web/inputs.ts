import * as z from 'zod/mini'

/** The styles that a picture can be painted in. */
export const styleIds = ['landscape', 'currents', 'mosaic', 'orbits', 'bloom'] as const

export type StyleId = (typeof styleIds)[number]

/** Pictures of one call at most. */
export const MAX_IMAGES = 6

/** Characters of a pasted text at most. */
export const MAX_TEXT = 20_000

/** Characters of a text that one message covers. */
export const CHARACTERS_PER_MESSAGE = 4_000

/** Sections of a briefing, and messages that it costs, at most. */
export const BRIEF_SECTIONS = 5

/** What a summary of a text costs, in messages. */
export function messagesFor(text: string): number {
  return Math.max(1, Math.ceil(text.trim().length / CHARACTERS_PER_MESSAGE))
}

const pastedText = z
  .string('Paste a text.')
  .check(
    z.trim(),
    z.minLength(40, 'Paste a text of at least 40 characters.'),
    z.maxLength(MAX_TEXT, `The text is too long: ${MAX_TEXT.toLocaleString('en-US')} characters at most.`),
  )

const color = z.string().check(z.regex(/^#[0-9a-f]{6}$/i, 'Write a colour as #rrggbb.'))

const shortText = z.string().check(z.trim(), z.minLength(1, 'Write some text.'), z.maxLength(2_000, '2,000 characters at most.'))

/** Strict, as all of these: what a procedure does not take, a price or a balance, is refused and not ignored. */
export const GenerateInput = z.strictObject({
  prompt: z.string().check(z.trim(), z.minLength(1, 'Describe the picture.'), z.maxLength(200, '200 characters at most.')),
  style: z.enum(styleIds),
  n: z.int().check(z.gte(1), z.lte(MAX_IMAGES)),
  seed: z.int().check(z.gte(0), z.lte(999_999)),
})

export const SummarizeInput = z.strictObject({ text: pastedText, sentences: z.int().check(z.gte(1), z.lte(9)) })

export const WriteInput = z.strictObject({ text: pastedText })

/** The endpoints of the playground. */
export const ApiCallInput = z.discriminatedUnion('endpoint', [
  z.strictObject({ endpoint: z.literal('palette'), text: shortText }),
  z.strictObject({ endpoint: z.literal('readability'), text: shortText }),
  z.strictObject({ endpoint: z.literal('contrast'), foreground: color, background: color }),
])

export type ApiCall = z.infer<typeof ApiCallInput>

export const InviteInput = z.strictObject({
  name: z.string().check(z.trim(), z.minLength(1, 'Write a name.'), z.maxLength(60, '60 characters at most.')),
  email: z.string().check(z.trim(), z.toLowerCase(), z.email('Write an e-mail address.'), z.maxLength(120)),
})

export const PersonInput = z.strictObject({ personId: z.string().check(z.minLength(1), z.maxLength(60)) })

export const OrgInput = z.strictObject({ orgId: z.string().check(z.minLength(1), z.maxLength(60)) })

export const SwitchPlanInput = z.strictObject({ planId: z.enum(['free', 'pro']) })

/** The devtools: only where they are on. */
export const SetBalanceInput = z.strictObject({
  featureId: z.enum(['messages', 'credits', 'seats']),
  remaining: z.number().check(z.gte(0), z.lte(1_000_000)),
})

export const MoveClockInput = z.strictObject({ days: z.int().check(z.gte(0), z.lte(400)) })

export const BreakInput = z.strictObject({ broken: z.boolean() })
