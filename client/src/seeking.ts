/** The search box: a combobox over what the server suggests. Without a script it is a plain form. */

interface Suggestion {
  kind: "tag" | "person" | "word";
  text: string;
  href: string;
  beside: string;
}

const WAIT_MS = 160;
const KEPT = 50;

/** Source: ARIA Authoring Practices, "editable combobox with list autocomplete". */
class Seek extends HTMLElement {
  private readonly list = document.createElement("ul");
  private readonly kept = new Map<string, Suggestion[]>();
  private shown: Suggestion[] = [];
  private at = -1;
  private timer = 0;
  private asking: AbortController | null = null;

  connectedCallback(): void {
    const input = this.input;
    if (!input || this.contains(this.list)) return;
    this.list.id = "seek-list";
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", this.dataset.label ?? "");
    this.append(this.list);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", this.list.id);
    input.addEventListener("input", () => this.later());
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => this.close());
    // The box keeps the focus while a suggestion is chosen with a finger or a mouse.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = (event.target as Element).closest<HTMLElement>("[role=option]");
      if (option) this.choose([...this.list.children].indexOf(option));
    });
  }

  disconnectedCallback(): void {
    clearTimeout(this.timer);
    this.asking?.abort();
  }

  private get input(): HTMLInputElement | null {
    return this.querySelector("input");
  }

  private later(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.ask(), WAIT_MS);
  }

  private async ask(): Promise<void> {
    const query = this.input?.value ?? "";
    this.asking?.abort();
    if (!query.trim()) return this.close();
    const known = this.kept.get(query);
    if (known) return this.show(known);
    const asking = (this.asking = new AbortController());
    try {
      const response = await fetch(`/search/suggest?q=${encodeURIComponent(query)}`, {
        headers: { accept: "application/json" },
        signal: asking.signal,
      });
      if (!response.ok) return this.close();
      const { suggestions } = (await response.json()) as { suggestions: Suggestion[] };
      if (this.kept.size >= KEPT) this.kept.clear();
      this.kept.set(query, suggestions);
      if (asking === this.asking && this.input?.value === query && document.activeElement === this.input) this.show(suggestions);
    } catch {
      if (asking === this.asking) this.close();
    }
  }

  private show(found: Suggestion[]): void {
    this.shown = found;
    this.list.replaceChildren(...found.map((one, at) => this.option(one, at)));
    this.list.hidden = !found.length;
    this.input?.setAttribute("aria-expanded", String(!!found.length));
    this.point(-1);
  }

  private option(one: Suggestion, at: number): HTMLElement {
    const item = document.createElement("li");
    item.id = `seek-${at}`;
    item.className = one.kind;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    const text = document.createElement("span");
    text.textContent = one.text;
    item.append(text);
    if (one.beside) {
      const beside = document.createElement("small");
      beside.textContent = one.beside;
      item.append(" ", beside);
    }
    return item;
  }

  private close(): void {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.show([]);
  }

  /** Moves to a suggestion; -1 is the box itself. */
  private point(to: number): void {
    this.at = to;
    [...this.list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === to)));
    const input = this.input;
    if (to < 0) input?.removeAttribute("aria-activedescendant");
    else input?.setAttribute("aria-activedescendant", `seek-${to}`);
    this.list.children[to]?.scrollIntoView({ block: "nearest" });
  }

  private key(event: KeyboardEvent): void {
    // While an input method composes, Enter and the arrows are its own.
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const last = this.shown.length - 1;
    if (last < 0) {
      if (event.key === "ArrowDown") void this.ask();
      return;
    }
    if (event.key === "ArrowDown") this.point(this.at >= last ? -1 : this.at + 1);
    else if (event.key === "ArrowUp") this.point(this.at < 0 ? last : this.at - 1);
    else if (event.key === "Enter" && this.at >= 0) this.choose(this.at);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
  }

  private choose(at: number): void {
    const one = this.shown[at];
    const input = this.input;
    if (!one || !input) return;
    this.close();
    if (one.href) return void location.assign(one.href);
    input.value = one.text;
    this.closest("form")?.requestSubmit();
  }
}

customElements.define("cat-seek", Seek);
