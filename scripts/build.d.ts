export function buildServer(): Promise<unknown>
export function buildPages(): Promise<unknown>
