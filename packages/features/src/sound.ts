/**
 * A declaration that passed, else the same with a sentence in place of each part that cannot be, which the compiler then reports at that part.
 *
 * A parameter of this type still infers `TDeclared`, because inference reaches into both branches of a conditional; an intersection
 * of the two would do as well, but reports 'never' where the faulty part is a literal.
 * @example declare function define<const $Features extends Features>(features: Sound<$Features, CheckedFeatures<$Features>>): void
 */
export type Sound<TDeclared, TChecked> = TDeclared extends TChecked ? TDeclared : TChecked

/** The sentence about a part, or the part when there is none. */
export type PartOrFault<TPart, TFault> = [TFault] extends [never] ? TPart : TFault
