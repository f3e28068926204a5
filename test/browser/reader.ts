/** Readers in a real browser, each with a profile of their own. */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Newsroom } from '../newsroom.ts'
import type { Mailbox } from '../people/mailbox.ts'
import { Visitor } from '../people/visitor.ts'

/** A reader who is signed in on our pages, by a mailed link as anyone is. */
export async function signedIn(
  browser: Browser,
  { newsroom, mailbox, name }: { newsroom: Newsroom; mailbox: Mailbox; name: string },
): Promise<BrowserContext> {
  const visitor = new Visitor(newsroom, mailbox)
  await visitor.signIn(`${name.toLowerCase().replaceAll(' ', '.')}@quay.example`, name)
  const context = await browser.newContext()
  await context.addCookies(
    [...visitor.cookies].map(([name, value]) => ({ name, value, url: newsroom.origin })),
  )
  return context
}

/** Articles of the comments on a page, in their order. */
export const listComments = (page: Page): Promise<string[]> => page.locator('.comment-body').allInnerTexts()

/** The comment with this text. */
export const commentWith = (page: Page, text: string) => page.locator('article.comment', { hasText: text })

/** Waits for something to become so: on a busy machine that takes as long as it takes. */
export const eventually = <T>(look: () => Promise<T> | T) =>
  expect.poll(look, { timeout: 20_000, interval: 40 })
