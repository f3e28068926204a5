/** Loaded into the measured server before its own code (node --import): tells its memory when asked, nothing else. */
process.on('message', () => {
  globalThis.gc?.()
  process.send?.(process.memoryUsage())
})
process.channel?.unref()
