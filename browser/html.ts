/** Where the server's HTML becomes nodes: the one Trusted Types policy of this script, `detente`. Nothing else may go
 *  through it, and nothing is made into HTML here. */

type Policy = { createHTML: (html: string) => string }
type Factory = { createPolicy: (name: string, rules: Policy) => Policy }

const plain: Policy = { createHTML: (html) => html }
let policy: Policy | undefined

/** Nodes of an answer of our server.
 *  @throws TypeError when the page's own policy does not allow ours (`trusted-types` without `detente`) */
export function readHtml(html: string): DocumentFragment {
  const { trustedTypes } = globalThis as { trustedTypes?: Factory }
  policy ??= trustedTypes?.createPolicy('detente', plain) ?? plain
  const template = document.createElement('template')
  template.innerHTML = policy.createHTML(html)
  return template.content
}

/** A new element with a class and text. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  name: string,
  text = '',
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  element.className = name
  element.textContent = text
  return element
}

/** A button that does not send its form. */
export function makeButton(name: string, text: string, press: () => void): HTMLButtonElement {
  const button = make('button', name, text)
  button.type = 'button'
  button.addEventListener('click', press)
  return button
}

/** A path of ours with the language that this page of ours was asked for in (`?lang=`), if it was. */
export function inThisLanguage(path: string): string {
  const language = new URLSearchParams(location.search).get('lang')
  if (!language) return path
  const url = new URL(path, location.origin)
  url.searchParams.set('lang', language)
  return url.pathname + url.search + url.hash
}
