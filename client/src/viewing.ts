/** Photos over the whole screen. Without a script a photo is a link to its largest size. */

const NEAR = 2.5;
const NEAREST = 6;
const TWICE_MS = 320;
const MOVED_PX = 6;

type Point = { x: number; y: number };

class Viewer extends HTMLElement {
  private dialog!: HTMLDialogElement;
  private track!: HTMLElement;
  private links: HTMLAnchorElement[] = [];
  private looked = 0;
  private scale = 1;
  private tapped = { at: 0, x: 0, y: 0 };
  private pinch: { apart: number; scale: number } | null = null;
  private dragged: (Point & { moved: boolean }) | null = null;

  connectedCallback(): void {
    this.dialog = this.querySelector("dialog")!;
    this.track = this.querySelector(".track")!;
    if (history.state?.viewing) history.replaceState(null, "");
    document.addEventListener("click", this.open);
    addEventListener("popstate", this.shut);
    addEventListener("resize", this.fitted);
    this.dialog.addEventListener("close", () => this.closed());
    this.dialog.addEventListener("keydown", (event) => this.key(event));
    this.dialog.querySelector(".shut")!.addEventListener("click", () => this.dialog.close());
    this.dialog.querySelector(".prev")!.addEventListener("click", () => this.go(this.at - 1));
    this.dialog.querySelector(".next")!.addEventListener("click", () => this.go(this.at + 1));
    this.track.addEventListener("scroll", () => this.tell(), { passive: true });
    this.track.addEventListener("click", (event) => this.tap(event));
    this.track.addEventListener("touchstart", (event) => this.pinching(event), { passive: false });
    this.track.addEventListener("touchmove", (event) => this.pinching(event), { passive: false });
    this.track.addEventListener("touchend", () => (this.pinch = null));
    this.track.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "mouse") this.dragged = { x: event.clientX, y: event.clientY, moved: false };
    });
    this.track.addEventListener("pointermove", (event) => this.drag(event));
  }

  disconnectedCallback(): void {
    document.removeEventListener("click", this.open);
    removeEventListener("popstate", this.shut);
    removeEventListener("resize", this.fitted);
  }

  private get at(): number {
    return Math.round(this.track.scrollLeft / Math.max(1, this.track.clientWidth));
  }

  private slide(): HTMLElement | undefined {
    return this.track.children[this.at] as HTMLElement | undefined;
  }

  private readonly open = (event: MouseEvent): void => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a.view");
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const group = link.closest(".frames, .comment");
    this.links = [...(group?.querySelectorAll<HTMLAnchorElement>("a.view") ?? [link])];
    this.track.replaceChildren(...this.links.map((one) => this.made(one)));
    this.scale = 1;
    this.dialog.showModal();
    history.pushState({ viewing: true }, "");
    this.fitted();
    this.go(this.links.indexOf(link), "instant");
    this.tell();
    this.track.focus();
  };

  private made(link: HTMLAnchorElement): HTMLElement {
    const slide = document.createElement("div");
    slide.className = "slide";
    const picture = link.querySelector("picture")!.cloneNode(true) as HTMLElement;
    // Whoever opens a picture that moves wants to see it move.
    picture.querySelector("[data-moves]")?.removeAttribute("media");
    for (const one of picture.querySelectorAll<HTMLImageElement | HTMLSourceElement>("[sizes]")) one.sizes = "100vw";
    const image = picture.querySelector("img")!;
    image.loading = "eager";
    image.draggable = false;
    slide.append(picture);
    const moves = link.parentElement?.querySelector("cat-moving");
    if (moves) slide.append(moves.cloneNode(true));
    return slide;
  }

  /** Each photo as large as the screen lets it be, and the one that is looked at as near as was asked for. */
  private readonly fitted = (): void => {
    for (const slide of this.track.children) {
      const image = slide.querySelector("img")!;
      const [width, height] = [Number(image.getAttribute("width")), Number(image.getAttribute("height"))];
      const fits = Math.min(this.track.clientWidth / width, this.track.clientHeight / height, 2);
      const scale = slide === this.slide() ? this.scale : 1;
      image.style.width = `${width * fits * scale}px`;
      image.style.height = `${height * fits * scale}px`;
    }
    this.track.classList.toggle("near", this.scale > 1);
  };

  /** Nearer or farther, with what is under a point staying under it. */
  private zoom(scale: number, point: Point): void {
    const slide = this.slide();
    const image = slide?.querySelector("img");
    if (!slide || !image) return;
    const before = image.getBoundingClientRect();
    const [x, y] = [(point.x - before.left) / before.width, (point.y - before.top) / before.height];
    this.scale = Math.max(1, Math.min(NEAREST, scale));
    if (this.scale > 1) for (const one of slide.querySelectorAll<HTMLImageElement | HTMLSourceElement>("[sizes]")) one.sizes = "2048px";
    this.fitted();
    const after = image.getBoundingClientRect();
    slide.scrollLeft += after.left + x * after.width - point.x;
    slide.scrollTop += after.top + y * after.height - point.y;
  }

  private middle(): Point {
    return { x: innerWidth / 2, y: innerHeight / 2 };
  }

  private go(to: number, behavior: ScrollBehavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth"): void {
    if (this.scale > 1) this.zoom(1, this.middle());
    this.track.scrollTo({ left: to * this.track.clientWidth, behavior });
  }

  private tell(): void {
    const link = this.links[this.at];
    if (!link || !this.dialog.open) return;
    this.looked = this.at;
    const about = this.dialog.querySelector<HTMLElement>(".about")!;
    about.textContent = link.querySelector("img")?.alt ?? "";
    about.lang = link.dataset.lang ?? "";
    const all = this.links.length;
    const where = all > 1 ? (this.dataset.of ?? "").replace("{n}", String(this.at + 1)).replace("{all}", String(all)) : "";
    const told = this.dialog.querySelector(".where")!;
    if (told.textContent !== where) told.textContent = where;
    this.dialog.querySelector<HTMLElement>(".prev")!.hidden = this.at === 0;
    this.dialog.querySelector<HTMLElement>(".next")!.hidden = this.at === all - 1;
  }

  private key(event: KeyboardEvent): void {
    const steps: Record<string, () => void> = {
      ArrowLeft: () => this.go(this.at - 1), ArrowRight: () => this.go(this.at + 1),
      Home: () => this.go(0), End: () => this.go(this.links.length - 1),
      "+": () => this.zoom(this.scale * 1.5, this.middle()), "=": () => this.zoom(this.scale * 1.5, this.middle()),
      "-": () => this.zoom(this.scale / 1.5, this.middle()), "0": () => this.zoom(1, this.middle()),
    };
    const step = steps[event.key];
    if (!step || event.metaKey || event.ctrlKey || event.altKey) return;
    event.preventDefault();
    step();
  }

  /** A mouse zooms with a click, a finger with two. */
  private tap(event: MouseEvent): void {
    const moved = this.dragged?.moved;
    this.dragged = null;
    if (moved) return;
    const point = { x: event.clientX, y: event.clientY };
    const isMouse = (event as PointerEvent).pointerType === "mouse";
    const again = event.timeStamp - this.tapped.at < TWICE_MS && Math.hypot(point.x - this.tapped.x, point.y - this.tapped.y) < 40;
    this.tapped = { at: again ? 0 : event.timeStamp, ...point };
    if (isMouse || again) this.zoom(this.scale > 1 ? 1 : NEAR, point);
  }

  private drag(event: PointerEvent): void {
    const slide = this.slide();
    if (!this.dragged || !(event.buttons & 1) || this.scale === 1 || !slide) return;
    const [x, y] = [event.clientX - this.dragged.x, event.clientY - this.dragged.y];
    if (!this.dragged.moved && Math.hypot(x, y) < MOVED_PX) return;
    slide.scrollBy(-x, -y);
    this.dragged = { x: event.clientX, y: event.clientY, moved: true };
  }

  private pinching(event: TouchEvent): void {
    const [one, other] = event.touches;
    if (!one || !other) return;
    event.preventDefault();
    const apart = Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    this.pinch ??= { apart, scale: this.scale };
    const middle = { x: (one.clientX + other.clientX) / 2, y: (one.clientY + other.clientY) / 2 };
    this.zoom((this.pinch.scale * apart) / this.pinch.apart, middle);
  }

  private readonly shut = (): void => {
    if (this.dialog.open) this.dialog.close();
  };

  private closed(): void {
    const link = this.links[this.looked];
    const frames = link?.closest<HTMLElement>(".frames");
    if (history.state?.viewing) history.back();
    if (frames) frames.scrollTo({ left: this.looked * frames.clientWidth, behavior: "instant" });
    link?.focus({ preventScroll: true });
    this.links = [];
    this.scale = 1;
    this.track.classList.remove("near");
    this.track.replaceChildren();
  }
}

/** Lets a picture that moves be paused, and played by whoever asks for less motion (WCAG 2.2.2). */
class Moving extends HTMLElement {
  private readonly calm = matchMedia("(prefers-reduced-motion: reduce)");

  connectedCallback(): void {
    const button = this.querySelector("button")!;
    button.hidden = false;
    button.onclick = (event) => {
      event.stopPropagation(); // in the viewer, a click zooms
      if (this.plays) this.source!.media = "not all";
      else this.source?.removeAttribute("media");
      this.show();
    };
    this.calm.addEventListener("change", this.show);
    this.show();
  }

  disconnectedCallback(): void {
    this.calm.removeEventListener("change", this.show);
  }

  private get source(): HTMLSourceElement | null {
    return this.parentElement!.querySelector("source[data-moves]");
  }

  private get plays(): boolean {
    return this.source !== null && matchMedia(this.source.media).matches;
  }

  private readonly show = (): void => {
    const button = this.querySelector("button")!;
    const does = this.plays ? "pause" : "play";
    button.setAttribute("aria-label", button.dataset[does] ?? "");
    button.querySelector("use")!.setAttribute("href", `/static/icons.svg#${does}`);
  };
}

customElements.define("cat-moving", Moving);
customElements.define("cat-viewer", Viewer);
