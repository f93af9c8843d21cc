/** Whether an answer is still to come: by its `then`, which is all that the queries of many database clients have of a promise. */
export function isPromise<TAnswer>(answer: TAnswer | Promise<TAnswer>): answer is Promise<TAnswer> {
  return typeof answer === 'object' && answer !== null && 'then' in answer
}
