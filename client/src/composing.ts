/** Writing a note: files go up while one writes, drafts keep themselves. */
import { post } from "./speaking";

type Upload = { id: string; kind: string; state: string; preview: string; progress: number };

/** Fields that somebody writes; the others have a value from the start and tell nobody that there is a draft. */
const WRITTEN = new Set(["title", "body", "tags", "place", "warning"]);

/** Kinds of input that hold no words. */
const CHOSEN = new Set(["file", "checkbox", "radio"]);

/** Names the draft that a form went out with, until another page says that it arrived. */
const SENT = "draft-sent";

/** Forgets a draft whose note arrived: where the network or the server refused, one is still where one wrote. */
function arrived(): void {
  const sent = sessionStorage.getItem(SENT);
  if (!sent) return;
  sessionStorage.removeItem(SENT);
  const { place, from } = JSON.parse(sent) as { place: string; from: string };
  if (location.pathname !== from) localStorage.removeItem(place);
}

class Compose extends HTMLElement {
  private form!: HTMLFormElement;
  private timer = 0;
  private sending = 0;
  private drafting = false;
  private saving: Promise<void> = Promise.resolve();
  private wanted: HTMLElement | null = null;

  connectedCallback(): void {
    this.form = this.querySelector("form")!;
    const input = this.form.querySelector<HTMLInputElement>("input[name=files]")!;
    input.addEventListener("change", () => {
      for (const file of input.files ?? []) void this.add(file);
      input.value = "";
    });
    this.addEventListener("paste", (event) => {
      for (const file of event.clipboardData?.files ?? []) void this.add(file);
    });
    this.addEventListener("dragover", (event) => event.preventDefault());
    this.addEventListener("drop", (event) => {
      event.preventDefault();
      for (const file of event.dataTransfer?.files ?? []) void this.add(file);
    });
    this.addEventListener("click", (event) => this.key(event));
    this.form.addEventListener("input", () => this.changed());
    this.form.addEventListener("submit", (event) => this.leave(event));
    document.addEventListener("media", (event) => this.moved((event as CustomEvent).detail));
    this.restore();
    this.count();
  }

  private get place(): string {
    return `draft:${this.dataset.editing || this.dataset.draft || "new"}`;
  }

  private list(): HTMLElement {
    return this.querySelector<HTMLElement>(".chosen")!;
  }

  private async add(file: File): Promise<void> {
    const item = this.querySelector<HTMLTemplateElement>("template[data-item]")!.content.firstElementChild!.cloneNode(true) as HTMLElement;
    const thumb = item.querySelector(".thumb")!;
    if (file.type.startsWith("image/")) {
      const image = new Image();
      image.src = URL.createObjectURL(file);
      image.alt = "";
      thumb.append(image);
    }
    this.list().append(item);
    const bar = item.querySelector("progress")!;
    bar.hidden = false;
    this.sending++;
    try {
      const made = await this.upload(file, bar);
      this.known(item, made);
    } catch (error) {
      this.wanted = null;
      this.tell("");
      const line = item.querySelector<HTMLElement>(".error")!;
      line.textContent = (error as Error).message;
      line.hidden = false;
      bar.hidden = true;
      item.querySelector<HTMLInputElement>("[name=media]")!.disabled = true;
    } finally {
      this.sending--;
    }
    this.changed();
    if (this.wanted && !this.sending) this.form.requestSubmit(this.wanted);
  }

  /** Sends the form once all its files are up and no draft is on its way: it would outlive the note. */
  private leave(event: SubmitEvent): void {
    if (this.sending) {
      event.preventDefault();
      this.wanted = event.submitter;
      this.tell(this.querySelector<HTMLElement>(".saved")!.dataset.sending ?? "");
      return;
    }
    clearTimeout(this.timer);
    if (this.drafting) {
      event.preventDefault();
      void this.saving.then(() => this.form.requestSubmit(event.submitter));
      return;
    }
    sessionStorage.setItem(SENT, JSON.stringify({ place: this.place, from: location.pathname }));
  }

  private tell(text: string): void {
    this.querySelector<HTMLElement>(".saved")!.textContent = text;
  }

  private known(item: HTMLElement, made: Upload): void {
    item.dataset.id = made.id;
    item.dataset.state = made.state;
    item.querySelector<HTMLInputElement>("[name=media]")!.value = made.id;
    item.querySelector<HTMLInputElement>("label input")!.name = `alt_${made.id}`;
    const bar = item.querySelector("progress")!;
    bar.hidden = made.state === "ready";
    bar.value = made.progress;
    if (made.preview) {
      const image = item.querySelector("img") ?? item.querySelector(".thumb")!.appendChild(new Image());
      image.src = made.preview;
      image.alt = "";
    }
  }

  private upload(file: File, bar: HTMLProgressElement): Promise<Upload> {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const body = new FormData();
      body.append("file", file);
      request.open("POST", "/media");
      request.setRequestHeader("accept", "application/json");
      request.responseType = "json";
      request.upload.onprogress = (event) => (bar.value = (event.loaded / event.total) * 90);
      request.onload = () =>
        request.status === 201
          ? resolve(request.response as Upload)
          : reject(new Error((request.response as { error?: string } | null)?.error ?? String(request.status)));
      request.onerror = () => reject(new Error(document.querySelector<HTMLElement>(".toast")?.dataset.offline ?? ""));
      request.send(body);
    });
  }

  private moved(data: { id: string; state: string; progress: number }): void {
    const item = this.querySelector<HTMLElement>(`li[data-id="${data.id}"]`);
    if (!item) return;
    item.dataset.state = data.state;
    const bar = item.querySelector("progress")!;
    bar.value = data.progress * 100;
    bar.hidden = data.state !== "working";
  }

  private key(event: Event): void {
    const button = (event.target as Element).closest<HTMLElement>(".keys button");
    const item = button?.closest("li");
    if (!button || !item) return;
    if ("remove" in button.dataset) {
      const next = (item.nextElementSibling ?? item.previousElementSibling)?.querySelector<HTMLElement>("button");
      item.remove();
      (next ?? this.querySelector<HTMLElement>("input[name=files]"))?.focus();
    } else if (button.dataset.move === "-1") {
      item.previousElementSibling?.before(item);
      button.focus();
    } else {
      item.nextElementSibling?.after(item);
      button.focus();
    }
    this.changed();
  }

  private count(): void {
    for (const left of this.querySelectorAll<HTMLElement>(".left")) {
      const field = this.form.elements.namedItem(left.dataset.for ?? "") as HTMLInputElement | null;
      if (!field) continue;
      // Code points, as the server counts: by UTF-16, as `maxlength` does, an emoji is two.
      const chars = [...field.value].length;
      left.textContent = `${chars} / ${left.dataset.most}`;
      left.classList.toggle("over", chars > Number(left.dataset.most));
    }
  }

  private fields(): FormData {
    const data = new FormData(this.form);
    data.delete("files");
    return data;
  }

  private changed(): void {
    this.count();
    const plain = [...this.fields()].filter(([, value]) => typeof value === "string");
    localStorage.setItem(this.place, JSON.stringify({ plain, at: Date.now() }));
    if (this.dataset.editing) return;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => (this.saving = this.save()), 2000);
  }

  private async save(): Promise<void> {
    this.drafting = true;
    const answer = await post("/drafts", this.fields()).finally(() => (this.drafting = false));
    if (!answer) return;
    const id = this.form.querySelector<HTMLInputElement>("[name=draft_id]")!;
    id.value = String(answer.id);
    if (!this.wanted) this.tell(this.querySelector<HTMLElement>(".saved")!.dataset.saved ?? "");
  }

  /** Brings back what was being written when the tab closed. */
  private restore(): void {
    const kept = localStorage.getItem(this.place);
    if (!kept || this.querySelector(".error[role]")) return;
    const { plain } = JSON.parse(kept) as { plain: [string, string][] };
    if (!plain.some(([name, value]) => value && (WRITTEN.has(name) || name === "media"))) return;
    if (this.dataset.editing) return this.offer(plain);
    const isNew = !this.dataset.draft && !this.dataset.editing;
    for (const [name, value] of plain) {
      if (name === "media") continue;
      const field = this.form.elements.namedItem(name);
      // A choice always has a value: left alone, what was meant for oneself would go out to everybody.
      if (field instanceof HTMLSelectElement) field.value = isNew ? value : field.value;
      else if (field instanceof HTMLTextAreaElement || (field instanceof HTMLInputElement && !CHOSEN.has(field.type))) field.value ||= value;
    }
    const tax = this.form.elements.namedItem("pays_tax");
    if (isNew && tax instanceof HTMLInputElement) tax.checked = plain.some(([name]) => name === "pays_tax");
    this.tell(this.querySelector<HTMLElement>(".saved")!.dataset.back ?? "");
    for (const [, id] of plain.filter(([name, value]) => name === "media" && value)) void this.recall(id, plain);
  }

  /** An edit that was never saved stands beside what was published: which of both, its author says. */
  private offer(plain: [string, string][]): void {
    const offer = this.querySelector<HTMLElement>(".offer")!;
    const there = new FormData(this.form);
    const isSame = (name: string, value: string): boolean => name === "draft_id" || there.getAll(name).includes(value);
    const media = plain.filter(([name, value]) => name === "media" && value).map(([, value]) => value);
    if (plain.every(([name, value]) => isSame(name, value)) && media.length === there.getAll("media").filter(Boolean).length) {
      return localStorage.removeItem(this.place);
    }
    offer.hidden = false;
    offer.addEventListener("click", (event) => {
      const chosen = (event.target as HTMLElement).dataset.offer;
      if (!chosen) return;
      offer.hidden = true;
      if (chosen === "drop") localStorage.removeItem(this.place);
      else this.take(plain, media);
    });
  }

  private take(plain: [string, string][], media: string[]): void {
    for (const [name, value] of plain) {
      const field = this.form.elements.namedItem(name);
      const isWords = field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement || (field instanceof HTMLInputElement && !CHOSEN.has(field.type));
      if (isWords && name !== "media" && name !== "draft_id") (field as HTMLInputElement).value = value;
    }
    for (const item of this.querySelectorAll<HTMLElement>(".chosen li[data-id]")) {
      if (!media.includes(item.dataset.id!)) item.remove();
    }
    void Promise.all(media.map((id) => this.recall(id, plain))).then(() => this.changed());
    this.form.querySelector<HTMLElement>("#body")?.focus();
  }

  private async recall(id: string, plain: [string, string][]): Promise<void> {
    if (this.querySelector(`li[data-id="${id}"]`)) return;
    const response = await fetch(`/media/${id}`, { headers: { accept: "application/json" } });
    if (!response.ok) return;
    const item = this.querySelector<HTMLTemplateElement>("template[data-item]")!.content.firstElementChild!.cloneNode(true) as HTMLElement;
    this.list().append(item);
    this.known(item, (await response.json()) as Upload);
    item.querySelector<HTMLInputElement>("label input")!.value = plain.find(([name]) => name === `alt_${id}`)?.[1] ?? "";
  }
}

arrived();
customElements.define("cat-compose", Compose);
