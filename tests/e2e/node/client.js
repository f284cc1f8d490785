// A stock socket.io-client that the tests drive by lines of JSON: {"id", "call", "fields"} in, events and answers out.
// Arguments: url, token, parser ("json" | "msgpack"), transports ("websocket" | "polling,websocket").
"use strict";
const { io } = require("socket.io-client");
const [url, token, parser, transports] = process.argv.slice(2);
const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const socket = io(url, {
  path: parser === "msgpack" ? "/socket.io-msgpack/" : "/socket.io/",
  parser: parser === "msgpack" ? require("socket.io-msgpack-parser") : undefined,
  transports: transports.split(","),
  auth: { token },
  reconnectionDelay: 100,
  reconnectionDelayMax: 300,
});
socket.on("connect", () => {
  say({ state: "connect" });
  const engine = socket.io.engine;
  if (engine.transport.name === "websocket") say({ state: "websocket" });
  else engine.once("upgrade", (transport) => say({ state: transport.name }));
});
socket.on("connect_error", (error) => say({ state: "connect_error", detail: String(error.message) }));
socket.on("disconnect", (reason) => say({ state: "disconnect", detail: reason }));
socket.onAny((name, event) => say({ event }));
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, call, fields } = JSON.parse(line);
  socket.timeout(10000).emit(call, fields, (error, answer) => say({ id, answer: error ? { ok: false } : answer }));
}).on("close", () => { socket.close(); process.exit(0); });
