/** Which methods an address takes, for 405 and its Allow (RFC 9110, 15.5.6): the router itself tells only found from not
 *  found. */
import type { Server } from './fastify.ts'

/** @returns the methods of a path's routes, in alphabetical order; none when nothing is there with any */
export function gatherMethods(server: Server): (path: string) => string[] {
  const routes = new Map<string, { shape: RegExp; methods: Set<string> }>()
  server.addHook('onRoute', ({ url, method }) => {
    if (url.includes('*')) return
    const route = routes.get(url) ?? { shape: shapeOf(url), methods: new Set(['OPTIONS']) }
    for (const one of [method].flat()) route.methods.add(one)
    routes.set(url, route)
  })
  return (path) => {
    const here = [...routes.values()].filter(({ shape }) => shape.test(path))
    return [...new Set(here.flatMap(({ methods }) => [...methods]))].sort()
  }
}

/** "/s/:story/comments": a parameter is a part of its own in all our addresses. */
const shapeOf = (url: string): RegExp =>
  new RegExp(`^${url.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:[^/]+/g, '[^/]+')}$`)
