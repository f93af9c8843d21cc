/** A registry that cannot work: thrown while features and plans are declared, with a sentence that names the fix. */
export class RegistryError extends TypeError {
  override readonly name = 'RegistryError'
}
