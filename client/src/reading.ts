/** Reading: the waterfall that goes on and keeps its place, photos to swipe, translations to wait for. */
import { fetched } from "./speaking";

class Waterfall extends HTMLElement {
  private readonly watcher = new IntersectionObserver(
    (entries) => entries.some((entry) => entry.isIntersecting) && void this.grow(),
    { rootMargin: "1200px" },
  );
  private growing = false;

  connectedCallback(): void {
    this.restore();
    this.watch();
    addEventListener("pagehide", this.keep);
  }

  disconnectedCallback(): void {
    removeEventListener("pagehide", this.keep);
  }

  private get key(): string {
    return `waterfall:${location.pathname}${location.search}`;
  }

  /** Keeps what was read and how far, for when one comes back without the browser's own memory. */
  private readonly keep = (): void => {
    try {
      sessionStorage.setItem(this.key, JSON.stringify({ html: this.innerHTML, y: scrollY, at: Date.now() }));
    } catch {
      sessionStorage.removeItem(this.key);
    }
  };

  private restore(): void {
    const entry = performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming | undefined;
    const kept = sessionStorage.getItem(this.key);
    if (entry?.type !== "back_forward" || !kept) return;
    const { html, y, at } = JSON.parse(kept) as { html: string; y: number; at: number };
    if (Date.now() - at > 30 * 60 * 1000) return;
    history.scrollRestoration = "manual";
    this.innerHTML = html;
    requestAnimationFrame(() => scrollTo(0, y));
  }

  private watch(): void {
    this.watcher.disconnect();
    const more = this.querySelector("a.more");
    if (more) this.watcher.observe(more);
  }

  private async grow(): Promise<void> {
    const more = this.querySelector<HTMLAnchorElement>("a.more");
    if (!more || this.growing) return;
    this.growing = true;
    const url = new URL(more.href);
    url.searchParams.set("fragment", "1");
    const cards = await fetched(url.toString()).catch(() => []);
    this.growing = false;
    if (!cards.length) return this.watcher.disconnect();
    const there = new Set([...this.querySelectorAll<HTMLElement>(".card")].map((card) => card.dataset.id));
    more.replaceWith(...cards.filter((card) => !there.has((card as HTMLElement).dataset.id ?? "none")));
    this.watch();
  }
}

class Carousel extends HTMLElement {
  connectedCallback(): void {
    const frames = this.querySelector<HTMLElement>(".frames");
    const all = frames?.children.length ?? 0;
    if (!frames || all < 2) return;
    const [prev, next] = [this.querySelector<HTMLElement>(".prev")!, this.querySelector<HTMLElement>(".next")!];
    const calm = matchMedia("(prefers-reduced-motion: reduce)");
    const at = (): number => Math.round(frames.scrollLeft / frames.clientWidth);
    const go = (to: number): void =>
      frames.scrollTo({ left: to * frames.clientWidth, behavior: calm.matches ? "auto" : "smooth" });
    const show = (): void => {
      const n = at();
      prev.hidden = n === 0;
      next.hidden = n === all - 1;
      const where = this.querySelector(".where")!;
      where.textContent = (this.dataset.of ?? "").replace("{n}", String(n + 1)).replace("{all}", String(all));
    };
    prev.addEventListener("click", () => go(at() - 1));
    next.addEventListener("click", () => go(at() + 1));
    frames.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      event.preventDefault();
      go(at() + (event.key === "ArrowRight" ? 1 : -1));
    });
    frames.addEventListener("scroll", show, { passive: true });
    show();
  }
}

const WAITS_S = [2, 4, 8, 15, 30, 60, 120];

export class Said extends HTMLElement {
  private tries = 0;

  connectedCallback(): void {
    const mode = sessionStorage.getItem("said");
    if (mode) {
      const radio = this.querySelector<HTMLInputElement>(`input[value="${mode}"]`);
      if (radio) radio.checked = true;
    }
    this.addEventListener("change", (event) => sessionStorage.setItem("said", (event.target as HTMLInputElement).value));
    if (this.dataset.href) this.wait();
  }

  private wait(): void {
    const seconds = WAITS_S[this.tries++];
    if (seconds) setTimeout(() => void this.again(), seconds * 1000);
  }

  /** Asks for the text again; swaps it in once it is translated. */
  async again(): Promise<void> {
    if (!this.isConnected || !this.dataset.href) return;
    const [fresh] = await fetched(this.dataset.href).catch(() => []);
    if (fresh && !fresh.classList.contains("pending")) this.replaceWith(fresh);
    else this.wait();
  }
}

/** A track in the list beside a film; the film gets one that came after it. */
class LateTrack extends HTMLElement {
  connectedCallback(): void {
    const { src = "", lang = "", label = "" } = this.dataset;
    const film = this.closest(".film")?.querySelector("video");
    if (!film || film.querySelector(`track[src="${src}"]`)) return;
    const chosen = [...film.textTracks].some(({ mode }) => mode === "showing");
    // Shown by its attribute, as on a fresh page: told by its mode, Chromium would show another beside it.
    const track = { kind: "subtitles", src, srclang: lang, label, default: !chosen };
    film.prepend(Object.assign(document.createElement("track"), track));
  }
}

customElements.define("cat-track", LateTrack);
customElements.define("cat-waterfall", Waterfall);
customElements.define("cat-carousel", Carousel);
customElements.define("cat-said", Said);
customElements.define("cat-thread", class extends HTMLElement {});

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [["day", 86_400], ["hour", 3_600], ["minute", 60]];

/** A moment as the server wrote it (UTC), told again in the reader's words and time zone. */
class When extends HTMLElement {
  connectedCallback(): void {
    const time = this.querySelector("time");
    if (!time) return;
    const at = new Date(time.dateTime);
    const lang = document.documentElement.lang;
    const seconds = (Date.now() - at.getTime()) / 1000;
    time.title = at.toLocaleString(lang);
    time.textContent = this.told(at, seconds, lang);
  }

  private told(at: Date, seconds: number, lang: string): string {
    // A device's clock may be a little behind the server's; what is further ahead is still to come.
    if (seconds < -60) return at.toLocaleString(lang, { dateStyle: "medium", timeStyle: "short" });
    return seconds > 7 * 86_400 ? at.toLocaleDateString(lang) : this.ago(seconds, lang);
  }

  private ago(seconds: number, lang: string): string {
    const told = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
    const [unit, size] = STEPS.find(([, length]) => seconds >= length) ?? ["second", Infinity];
    return told.format(-Math.floor(seconds / size), unit);
  }
}

customElements.define("cat-when", When);

/** A row of tabs that is wider than the window begins where the chosen one stands. */
for (const chosen of document.querySelectorAll<HTMLElement>(".tabs [aria-current]")) {
  const row = chosen.parentElement!;
  if (row.scrollWidth > row.clientWidth) row.scrollLeft = chosen.offsetLeft - row.offsetLeft - (row.clientWidth - chosen.offsetWidth) / 2;
}
