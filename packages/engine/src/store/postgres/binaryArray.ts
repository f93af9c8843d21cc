const HEADER_BYTES = 20
const INT4 = 23
const INT8 = 20
const FLOAT8 = 701
const BOOL = 16
const TEXT = 25

/*
 * Arrays as PostgreSQL's binary protocol has them. As text, every quote of a JSON document would be escaped here and taken apart there, which
 * is most of what a batch costs beside its real work.
 */

/** A `text[]`. */
export function textArray(values: readonly (string | null)[]): Buffer {
  let bytes = HEADER_BYTES + 4 * values.length
  let hasNull = false
  for (const value of values) {
    if (value === null) hasNull = true
    else bytes += Buffer.byteLength(value)
  }
  const buffer = withHeader(bytes, TEXT, values.length, hasNull)
  let offset = HEADER_BYTES
  for (const value of values) {
    const size = value === null ? -1 : buffer.write(value, offset + 4)
    offset = buffer.writeInt32BE(size, offset) + Math.max(size, 0)
  }
  return buffer
}

/** A `bigint[]`: of numbers that are whole and exact. */
export function int8Array(values: readonly (number | bigint)[]): Buffer {
  return ofFixedSize(values, INT8, 8, writeInt8)
}

/** A number is written in halves: to make a `bigint` of it takes longer. */
function writeInt8(buffer: Buffer, value: number | bigint, offset: number): number {
  if (typeof value === 'bigint') return buffer.writeBigInt64BE(value, offset)
  const high = Math.floor(value / 2 ** 32)
  return buffer.writeUInt32BE(value - high * 2 ** 32, buffer.writeInt32BE(high, offset))
}

/** An `integer[]`. */
export function int4Array(values: readonly number[]): Buffer {
  return ofFixedSize(values, INT4, 4, (buffer, value, offset) => buffer.writeInt32BE(value, offset))
}

/** A `double precision[]`. */
export function float8Array(values: readonly number[]): Buffer {
  return ofFixedSize(values, FLOAT8, 8, (buffer, value, offset) => buffer.writeDoubleBE(value, offset))
}

/** A `boolean[]`. */
export function boolArray(values: readonly boolean[]): Buffer {
  return ofFixedSize(values, BOOL, 1, (buffer, value, offset) => buffer.writeUInt8(value ? 1 : 0, offset))
}

function ofFixedSize<T>(
  values: readonly T[],
  type: number,
  size: number,
  write: (buffer: Buffer, value: T, offset: number) => number,
): Buffer {
  const buffer = withHeader(HEADER_BYTES + values.length * (4 + size), type, values.length, false)
  let offset = HEADER_BYTES
  for (const value of values) offset = write(buffer, value, buffer.writeInt32BE(size, offset))
  return buffer
}

/** One dimension, whether there are nulls, the type of the elements, how many, and the index of the first. */
function withHeader(bytes: number, type: number, length: number, hasNull: boolean): Buffer {
  const buffer = Buffer.allocUnsafe(bytes)
  let offset = buffer.writeInt32BE(1, 0)
  offset = buffer.writeInt32BE(hasNull ? 1 : 0, offset)
  offset = buffer.writeInt32BE(type, offset)
  offset = buffer.writeInt32BE(length, offset)
  buffer.writeInt32BE(1, offset)
  return buffer
}
