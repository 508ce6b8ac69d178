// Dark or light: what the system says, until somebody chooses. The choice is not kept anywhere.
function startTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const button = byId("theme");
  const show = (theme) => {
    document.documentElement.dataset.theme = theme;
    const other = theme === "dark" ? "light" : "dark";
    button.textContent = other === "dark" ? "Dark" : "Light";
    button.setAttribute("aria-label", `Switch to ${other} colours`);
  };
  show(dark.matches ? "dark" : "light");
  let chosen = false;
  dark.addEventListener("change", () => chosen || show(dark.matches ? "dark" : "light"));
  button.addEventListener("click", () => {
    chosen = true;
    show(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  });
}
