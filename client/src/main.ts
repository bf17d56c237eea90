/** Small custom elements that make server-rendered pages quicker. Everything works without them. */
import "./acting";
import "./composing";
import "./entering";
import "./helping";
import "./reading";
import "./seeking";
import "./streaming";
import "./viewing";

if ("serviceWorker" in navigator) {
  void navigator.serviceWorker.register("/sw.js").catch(() => undefined);
}
