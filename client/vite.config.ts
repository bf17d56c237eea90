import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const out = "../src/catflap/web/static/dist";

/** Writes a .br and a .gz beside each built file, so that the server never compresses an asset. */
function precompressed(): Plugin {
  return {
    name: "precompressed",
    closeBundle() {
      for (const name of readdirSync(join(out, "assets"))) {
        if (!/\.(js|css)$/.test(name)) continue;
        const path = join(out, "assets", name);
        const body = readFileSync(path);
        writeFileSync(`${path}.br`, brotliCompressSync(body));
        writeFileSync(`${path}.gz`, gzipSync(body, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  build: {
    outDir: out,
    emptyOutDir: true,
    manifest: "manifest.json",
    modulePreload: false,
    rollupOptions: { input: ["src/main.ts", "src/main.css", "src/sw.ts", "src/proving.ts"] },
  },
  plugins: [precompressed()],
});
