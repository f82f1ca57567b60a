/** The yardstick of the benchmark: what Node's HTTP server alone costs for the same answer. */
import { createServer } from 'node:http'
import { collectDefaultMetrics, register } from 'prom-client'

collectDefaultMetrics()
const answer = process.env['ANSWER'] ?? ''

const server = createServer(async (request, response) => {
  if (request.url === '/metrics') response.end(await register.metrics())
  else response.writeHead(200, { 'content-type': 'application/json' }).end(answer)
})
server.listen(Number(process.env['PORT']), '127.0.0.1', () => process.send?.('listening'))
process.on('disconnect', () => process.exit())
