// The peer of `make bench-hub`: socket.io as it comes, websocket only, permessage-deflate off (its own default).
// It does what rtserver's fan-out is compared for and nothing more: no log-in, no rules, no database.
// Arguments: port. Rooms of a client come with its auth, so that each is in 20 as on the other side.
"use strict";
const { Server } = require("socket.io");
const http = require("http");

const server = http.createServer();
const io = new Server(server, { transports: ["websocket"], perMessageDeflate: false, serveClient: false });
let seq = 0;
io.on("connection", (socket) => {
  for (const room of socket.handshake.auth.rooms) socket.join(room);
  socket.on("message.post", (post, answer) => {
    seq += 1;
    // the fields and sizes of rtserver's own event
    io.to(post.chat).emit("message.posted", {
      kind: "message.posted", chat: post.chat, seq, ts: Date.now(), author: post.author, nonce: post.nonce,
      post_no: seq, text: post.text, reply_to: null, forwarded: null,
    });
    answer({ ok: true, seq });
  });
  socket.emit("server.welcome", {});
});
process.on("SIGUSR2", () => { if (global.gc) global.gc(); });
server.listen(Number(process.argv[2]), "127.0.0.1", 4096, () => {
  console.log("listening", require("socket.io/package.json").version, process.version);
});
