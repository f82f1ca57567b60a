/** A rejection that nobody handles fails the run: mocha by itself passes it on to nobody. */
process.on('unhandledRejection', (reason) => {
  throw reason
})
