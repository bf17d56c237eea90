/** What scripts share: saying something to the reader, asking the server. No words of their own. */

export function say(text: string): void {
  const toast = document.querySelector<HTMLElement>(".toast");
  if (!toast) return;
  toast.textContent = text;
  window.setTimeout(() => {
    if (toast.textContent === text) toast.textContent = "";
  }, 6000);
}

/** POST a form's fields; the answer's JSON, or null after the reader was told why not. */
export async function post(url: string, body: FormData): Promise<Record<string, unknown> | null> {
  let response: Response;
  try {
    response = await fetch(url, { method: "POST", body, headers: { accept: "application/json" } });
  } catch {
    say(document.querySelector<HTMLElement>(".toast")?.dataset.offline ?? "");
    return null;
  }
  if (response.status === 401) {
    location.assign(`/enter?next=${encodeURIComponent(location.pathname)}`);
    return null;
  }
  const answer = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  if (response.ok) return answer;
  say(String(answer.error ?? response.status));
  return null;
}

export function parsed(html: string): Element[] {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return [...holder.content.children];
}

export async function fetched(url: string): Promise<Element[]> {
  const response = await fetch(url);
  return response.ok ? parsed(await response.text()) : [];
}
