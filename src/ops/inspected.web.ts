/** What stands in where nothing asks objects for their text: browsers show an array's members. */
export function inspected<X extends object>(array: X): X {
  return array
}
