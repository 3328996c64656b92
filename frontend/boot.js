// Loads the page's program. A file of its own, because the content security policy allows no inline script.

const chosen = (() => {
  try {
    return localStorage.getItem("syscope.theme");
  } catch {
    return null;
  }
})();
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.dataset.theme = chosen ?? (dark ? "dark" : "light");

const say = (text) => {
  const boot = document.getElementById("boot");
  if (boot) boot.textContent = text;
};

try {
  const { default: init } = await import("/syscope.js");
  await init({ module_or_path: "/syscope_bg.wasm" });
} catch (error) {
  console.error(error);
  say(`syscope could not be loaded (${error}). Reload the page; if that does not help, the server and its page do not fit: build both again.`);
}
