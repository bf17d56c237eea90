/** What happens while the page is open: comments, likes, notices, translations, how far a video or an archive is. */
import { place, Poll } from "./acting";
import { Said } from "./reading";
import { fetched } from "./speaking";

const UNREAD_SHOWN = 99;

/** A card again, once one of its texts is translated; several at once ask one after another. */
async function again(card: HTMLElement): Promise<void> {
  const [fresh] = await fetched(`/n/${card.dataset.id}/card`).catch(() => []);
  if (!fresh || !card.isConnected) return;
  const held = card.contains(document.activeElement);
  const why = card.querySelector(".why");
  if (why) fresh.querySelector(".line")?.before(why);
  card.replaceWith(fresh);
  if (held) fresh.querySelector<HTMLElement>(".face")?.focus();
}

/** The film where its progress stood; what was opened or typed around it stays. */
async function finished(bar: HTMLProgressElement): Promise<void> {
  const response = await fetch(location.href);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const made = [...page.querySelectorAll(".film > :not(details)")];
  const film = bar.closest(".film");
  if (!response.ok || !made.length || !film || page.querySelector("progress[data-media]")) return;
  for (const old of [...film.querySelectorAll(":scope > :not(details)")]) old.remove();
  film.prepend(...made);
}

class Live extends HTMLElement {
  private source: EventSource | null = null;

  connectedCallback(): void {
    if (!("on" in this.dataset)) return;
    this.open();
    addEventListener("pagehide", () => this.close());
    addEventListener("pageshow", (event: PageTransitionEvent) => event.persisted && this.open());
  }

  private close(): void {
    this.source?.close();
    this.source = null;
  }

  private open(): void {
    this.close();
    const note = this.dataset.note;
    const waits = document.querySelector(".card[data-waits]") ? "?waits" : "";
    const source = new EventSource(note ? `/live?note=${note}` : `/live${waits}`);
    this.source = source;
    const on = (name: string, told: (data: Record<string, string | number>) => unknown): void =>
      source.addEventListener(name, (event) => void told(JSON.parse((event as MessageEvent<string>).data)));
    // What was finished after this page was made and before it listened was told to nobody.
    source.addEventListener("open", () => {
      const bar = document.querySelector<HTMLProgressElement>("progress[data-media]");
      if (bar) void finished(bar);
      const brought = document.querySelector<HTMLProgressElement>("progress[data-import]");
      if (brought) void read(brought);
    });
    on("notice", () => this.count());
    on("comment", async (data) => {
      if (document.getElementById(`c${data.comment}`)) return;
      for (const element of await fetched(`/n/${data.note}/comments/${data.comment}`)) {
        const before = element.classList.contains("reply") ? await this.branch(element) : "";
        place(element, before);
      }
    });
    on("beside", async (data) => {
      const comment = document.getElementById(`c${data.note}`);
      if (comment) return comment.replaceWith(...(await fetched(`/n/${data.root}/comments/${data.note}`)));
      const place = document.querySelector(`[data-beside="${data.note}"]`);
      place?.replaceChildren(...(await fetched(`/n/${data.note}/beside`)));
    });
    on("poll", (data) => document.querySelector<Poll>(`cat-poll[data-poll="${data.note}"]`)?.again());
    on("likes", (data) => {
      const count = document.querySelector(`[data-likes="${data.note}"]`);
      if (count) count.textContent = data.likes ? String(data.likes) : "";
    });
    on("rendition", (data) => {
      for (const card of document.querySelectorAll<HTMLElement>(`.card[data-waits~="${data.key}"]`)) void again(card);
      for (const text of document.querySelectorAll<Said>(`cat-said[data-key="${data.key}"][data-href]`)) void text.again();
    });
    on("let-in", () => document.dispatchEvent(new CustomEvent("let-in")));
    on("import", (data) => document.dispatchEvent(new CustomEvent("import", { detail: data })));
    on("media", (data) => document.dispatchEvent(new CustomEvent("media", { detail: data })));
  }

  /** The branch a reply belongs under: the last one on the page that is older than it. */
  private async branch(reply: Element): Promise<string> {
    return (reply as HTMLElement).dataset.branch ?? "";
  }

  private async count(): Promise<void> {
    const response = await fetch("/notices/count", { headers: { accept: "application/json" } });
    if (!response.ok) return;
    const { unread } = (await response.json()) as { unread: number };
    for (const badge of document.querySelectorAll<HTMLElement>("[data-unread]")) {
      badge.textContent = unread > UNREAD_SHOWN ? `${UNREAD_SHOWN}+` : String(unread);
      badge.hidden = !unread;
    }
  }
}

document.addEventListener("media", (event) => {
  const { id, state, progress } = (event as CustomEvent<{ id: string; state: string; progress: number }>).detail;
  const bar = document.querySelector<HTMLProgressElement>(`progress[data-media="${id}"]`);
  if (!bar) return;
  bar.value = progress * 100;
  if (state !== "working") void finished(bar);
});

/** An archive's page as it is now, where it is not being read any more. */
async function read(bar: HTMLProgressElement): Promise<void> {
  const response = await fetch(location.pathname);
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const made = page.querySelector("[data-brought]");
  if (made && !made.querySelector("progress[data-import]")) bar.closest("[data-brought]")?.replaceWith(made);
}

document.addEventListener("import", (event) => {
  const { id, state, progress } = (event as CustomEvent<{ id: string; state: string; progress: number }>).detail;
  const bar = document.querySelector<HTMLProgressElement>(`progress[data-import="${id}"]`);
  if (!bar) return;
  bar.value = progress * 100;
  if (state !== "reading") void read(bar);
});

customElements.define("cat-live", Live);
