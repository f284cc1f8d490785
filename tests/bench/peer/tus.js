// The peer of make bench-upload: @tus/server with its file store as they come. node tus.js FOLDER
const { Server } = require('@tus/server')
const { FileStore } = require('@tus/file-store')

const server = new Server({ path: '/uploads', datastore: new FileStore({ directory: process.argv[2] }) })
const listening = server.listen({ host: '127.0.0.1', port: 0 }, () => {
  console.log(`listening on http://127.0.0.1:${listening.address().port}`)
})
