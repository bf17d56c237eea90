// A web client as others write them: masto.js, from an origin of its own, with nothing of Catflap's.
import { createOAuthAPIClient, createRestAPIClient, createStreamingAPIClient } from "masto";

const SCOPES = "read write follow push";
const at = (id) => document.getElementById(id);
const here = location.origin + "/";
const asked = new URLSearchParams(location.search);

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function line(list, text) {
  const item = document.createElement("li");
  item.innerHTML = text;
  at(list).append(item);
}

async function askForConsent(url) {
  const app = await createRestAPIClient({ url }).v1.apps.create({
    clientName: "Another client", redirectUris: here, scopes: SCOPES,
  });
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(40)));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  localStorage.setItem("held", JSON.stringify({ url, verifier, id: app.clientId, secret: app.clientSecret }));
  location.href = `${url}/oauth/authorize?` + new URLSearchParams({
    client_id: app.clientId, redirect_uri: here, response_type: "code", scope: SCOPES,
    code_challenge: base64url(new Uint8Array(digest)), code_challenge_method: "S256",
  });
}

async function signIn(code) {
  const held = JSON.parse(localStorage.getItem("held"));
  const token = await createOAuthAPIClient({ url: held.url }).token.create({
    grantType: "authorization_code", code, clientId: held.id, clientSecret: held.secret,
    redirectUri: here, scope: SCOPES, codeVerifier: held.verifier,
  });
  const accessToken = token.accessToken ?? token.access_token;
  const masto = createRestAPIClient({ url: held.url, accessToken });
  const { configuration } = await masto.v2.instance.fetch();
  const streaming = createStreamingAPIClient({ streamingApiUrl: configuration.urls.streaming, accessToken });
  void listen(streaming.user.subscribe(), masto);
  at("me").textContent = (await masto.v1.accounts.verifyCredentials()).acct;
  at("post").addEventListener("submit", (event) => {
    event.preventDefault();
    void post(masto, held.url).catch(fault);
  });
}

async function listen(stream) {
  for await (const event of stream) {
    if (event.event === "notification") line("heard", `${event.payload.type}: ${event.payload.status.content}`);
    if (event.event === "update") line("home", event.payload.content);
  }
}

async function post(masto, url) {
  const media = await masto.v2.media.create({ file: at("file").files[0], description: "A cat" });
  await masto.v1.statuses.create({ status: at("words").value, mediaIds: [media.id], visibility: "public" });
  const page = await fetch(`${url}/api/v1/timelines/public?limit=1`);
  at("more").textContent = page.headers.get("link") ?? "no link";
}

function fault(error) {
  at("fault").textContent = String(error.stack ?? error);
}

const begun = asked.get("server") ? askForConsent(asked.get("server")) : signIn(asked.get("code"));
begun.catch(fault);
