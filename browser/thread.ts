/** On our own pages: makes the discussion live. */
import { enliven } from './discussion.ts'
import { inThisLanguage } from './html.ts'
import { makeServer } from './server.ts'

for (const section of document.querySelectorAll<HTMLElement>('.thread[data-words]'))
  enliven(section, makeServer(''), () =>
    location.assign(inThisLanguage(`/s/${section.dataset.story}?sort=newest#talk`)),
  ).resume()
