// What masto.js hears: every stream that it is told to listen to, through one client, a line each.
// Asked for: the library's address, and {url, accessToken, lists, tags} as JSON.
// Node 20 lacks it, which masto.js takes for granted.
Promise.withResolvers ??= () => {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};
const { createStreamingAPIClient } = await import(process.argv[2]);
const asked = JSON.parse(process.argv[3]);

let sockets = 0;
class Counted extends globalThis.WebSocket {
  constructor(...given) {
    super(...given);
    sockets += 1;
  }
}

function say(told) {
  process.stdout.write(JSON.stringify(told) + "\n");
}

const client = createStreamingAPIClient({
  streamingApiUrl: asked.url, accessToken: asked.accessToken, implementation: Counted,
});
const streams = {
  user: client.user.subscribe(), notification: client.user.notification.subscribe(),
  public: client.public.subscribe(), local: client.public.local.subscribe(),
  media: client.public.media.subscribe(), direct: client.direct.subscribe(),
  ...Object.fromEntries(asked.tags.map((tag) => [`#${tag}`, client.hashtag.subscribe({ tag })])),
  ...Object.fromEntries(asked.lists.map((list) => [`list ${list}`, client.list.subscribe({ list })])),
};

async function hear(name, stream) {
  for await (const one of stream) {
    const payload = one.payload;
    say({
      name, event: one.event, stream: one.stream,
      id: typeof payload === "object" ? payload.id ?? payload.lastStatus?.id : payload,
      text: payload?.content ?? payload?.lastStatus?.content ?? payload?.type ?? null,
    });
  }
}

const hearing = Object.entries(streams).map(([name, stream]) => hear(name, stream));
say({ event: "listening", names: Object.keys(streams) });

// A line names the stream to end; the end of them ends all.
let rest = "";
process.stdin.setEncoding("utf8");
for await (const text of process.stdin) {
  rest += text;
  for (let at = rest.indexOf("\n"); at >= 0; at = rest.indexOf("\n")) {
    const name = rest.slice(0, at);
    rest = rest.slice(at + 1);
    streams[name].unsubscribe();
    say({ event: "unsubscribed", name });
  }
}
say({ event: "sockets", count: sockets });
client.close();
await Promise.allSettled(hearing);
process.exit(0);
