/** A style sheet as text (scripts/build.js). */
declare module '*.css?text' {
  const text: string
  export default text
}
