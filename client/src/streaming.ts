/** What happens while the page is open: comments, likes, notices, translations, a video's progress. */
import { place } from "./acting";
import { Said } from "./reading";
import { fetched } from "./speaking";

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
    const source = new EventSource(note ? `/live?note=${note}` : "/live");
    this.source = source;
    const on = (name: string, told: (data: Record<string, string | number>) => unknown): void =>
      source.addEventListener(name, (event) => void told(JSON.parse((event as MessageEvent<string>).data)));
    on("notice", () => this.count());
    on("comment", async (data) => {
      if (document.getElementById(`c${data.comment}`)) return;
      for (const element of await fetched(`/n/${data.note}/comments/${data.comment}`)) {
        const before = element.classList.contains("reply") ? await this.branch(element) : "";
        place(element, before);
      }
    });
    on("likes", (data) => {
      const count = document.querySelector(`[data-likes="${data.note}"]`);
      if (count) count.textContent = data.likes ? String(data.likes) : "";
    });
    on("rendition", (data) => {
      for (const text of document.querySelectorAll<Said>(`cat-said[data-key="${data.key}"][data-href]`)) void text.again();
    });
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
      badge.textContent = String(unread);
      badge.hidden = !unread;
    }
  }
}

document.addEventListener("media", (event) => {
  const { id, state, progress } = (event as CustomEvent<{ id: string; state: string; progress: number }>).detail;
  const bar = document.querySelector<HTMLProgressElement>(`progress[data-media="${id}"]`);
  if (!bar) return;
  bar.value = progress * 100;
  if (state !== "working") location.reload();
});

customElements.define("cat-live", Live);
